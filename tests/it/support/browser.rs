//! A real browser: Debian's Chromium by its own driver, and axe in it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

/// A browser, closed with the test.
pub struct Browser {
    pub driver: WebDriver,
    process: Child,
    profile: PathBuf,
}

/// Opens a browser; `None`, with the reason printed, where there is none. With `PLUMBLINE_BROWSER_TESTS=required` that is a failure.
pub async fn open() -> Option<Browser> {
    let required = std::env::var("PLUMBLINE_BROWSER_TESTS").is_ok_and(|value| value == "required");
    let Ok(mut process) = Command::new("chromedriver")
        .args(["--port=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
    else {
        assert!(!required, "chromedriver is needed: apt install chromium chromium-driver");
        eprintln!("skipped: chromedriver is not there (apt install chromium chromium-driver)");
        return None;
    };
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let port = lines
        .map_while(Result::ok)
        .find_map(|line| line.split("started successfully on port ").nth(1).map(|rest| rest.trim_end_matches('.').to_owned()))
        .expect("chromedriver says its port");
    let profile = std::env::temp_dir().join(format!("plumbline-browser-{}-{port}", std::process::id()));
    let mut wanted = ChromeCapabilities::new();
    for flag in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1400",
        &format!("--user-data-dir={}", profile.display()),
    ] {
        wanted.add_arg(flag).unwrap();
    }
    let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("the browser opens");
    Some(Browser { driver, process, profile })
}

impl Browser {
    /// Shows pages as a reader with this taste sees them: `light` or `dark`.
    pub async fn theme(&self, theme: &str) {
        let script = format!("localStorage.setItem('theme', '{theme}'); document.documentElement.dataset.theme = '{theme}';");
        self.driver.execute(&script, vec![]).await.unwrap();
    }

    /// What axe finds wrong with the page that is open: rule, help and the places, a line each.
    pub async fn axe(&self) -> Vec<String> {
        self.driver.execute(axe(), vec![]).await.unwrap();
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations.map(violation =>
                violation.id + ': ' + violation.help + ': ' + violation.nodes.map(node => node.target.join(' ')).slice(0, 4).join(', '))));";
        let found = self.driver.execute_async(script, vec![]).await.unwrap();
        serde_json::from_value(found.json().clone()).unwrap()
    }

    pub async fn close(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// axe's own script, from the npm package of this version; fetched once into the build's folder.
fn axe() -> String {
    const PACKAGE: &str = "axe-core@4.14.1";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let packed = Command::new("npm").args(["pack", PACKAGE, "--silent"]).current_dir(&folder).output().expect("npm runs");
        assert!(packed.status.success(), "npm pack {PACKAGE}: {}", String::from_utf8_lossy(&packed.stderr));
        let name = String::from_utf8(packed.stdout).unwrap().trim().to_owned();
        let unpacked = Command::new("tar").args(["xzf", &name]).current_dir(&folder).status().expect("tar runs");
        assert!(unpacked.success());
    }
    std::fs::read_to_string(script).unwrap()
}
