#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = plumbline::postgres::run_as_server_shim() {
        return code;
    }
    plumbline::cli::run()
}
