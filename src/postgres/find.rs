//! Finding PostgreSQL's programs on this machine.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;

/// The oldest major version that Plumbline's SQL runs on.
pub const OLDEST: u32 = 14;

/// Names the directory that holds PostgreSQL's programs, ahead of everything that would be searched.
pub const OVERRIDE: &str = "PLUMBLINE_PG_BIN";

/// One installation of PostgreSQL: the directory of its programs and its major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The directory that holds `postgres` and `initdb`.
    pub bin: PathBuf,
    /// The major version, such as 15.
    pub major: u32,
}

impl Programs {
    /// Finds the programs for a cluster: of exactly the version `made_by` when the cluster is there already, else
    /// the first installation that is new enough.
    ///
    /// # Errors
    /// [`Error::NotInstalled`] when there is none, [`Error::OtherVersion`] when there are only others than
    /// `made_by`, [`Error::Override`] when the directory named by [`OVERRIDE`] does not serve.
    pub fn find(cluster: &Path, made_by: Option<u32>) -> Result<Self, Error> {
        if let Some(dir) = env::var_os(OVERRIDE).filter(|dir| !dir.is_empty()) {
            let dir = PathBuf::from(dir);
            let found = Self::in_dir(&dir).ok_or(Error::Override { dir })?;
            return choose(vec![found], cluster, made_by);
        }
        // Asking each installation for its version starts a process, so look no further than needed.
        let mut seen: Vec<Self> = Vec::new();
        for dir in places() {
            if let Some(found) = Self::in_dir(&dir)
                && !seen.contains(&found)
            {
                let fits = made_by.map_or(found.major >= OLDEST, |major| found.major == major);
                seen.push(found);
                if fits {
                    break;
                }
            }
        }
        choose(seen, cluster, made_by)
    }

    /// The path of one of the programs.
    #[must_use]
    pub fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    fn in_dir(dir: &Path) -> Option<Self> {
        // Through links to the real place: the programs look for their files next to themselves.
        let server = fs::canonicalize(dir.join("postgres")).ok()?;
        let bin = server.parent()?.to_owned();
        if !bin.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&server).arg("--version").stdin(Stdio::null()).output().ok()?;
        let major = major(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin, major })
    }
}

fn choose(found: Vec<Programs>, cluster: &Path, made_by: Option<u32>) -> Result<Programs, Error> {
    let versions: Vec<String> = found.iter().map(|programs| programs.major.to_string()).collect();
    let versions = versions.join(", ");
    match made_by {
        Some(major) => found.into_iter().find(|programs| programs.major == major).ok_or_else(|| {
            let found = if versions.is_empty() { "none".to_owned() } else { versions };
            Error::OtherVersion { dir: cluster.to_owned(), needs: major, found, remedy: remedy(Some(major)) }
        }),
        None => found.into_iter().find(|programs| programs.major >= OLDEST).ok_or_else(|| {
            let found = if versions.is_empty() {
                "no PostgreSQL was found".to_owned()
            } else {
                format!("only PostgreSQL {versions} was found")
            };
            Error::NotInstalled { found, remedy: remedy(None) }
        }),
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian …)`, `postgres (PostgreSQL) 18beta1` → 15, 18.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The directories to look in, in order.
fn places() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = env::split_paths(&path).filter(|dir| dir.is_absolute()).collect();
    path.into_iter()
        .chain(std::iter::once_with(pg_config).flatten())
        .chain(std::iter::once_with(|| newest("/usr/lib/postgresql", "bin")).flatten())
        .chain(std::iter::once_with(homebrew).flatten())
        .chain(std::iter::once_with(postgres_app).flatten())
        .chain(std::iter::once_with(|| newest("/usr", "bin")).flatten())
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(dir.trim_end()))
}

fn homebrew() -> Vec<PathBuf> {
    ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"]
        .iter()
        .flat_map(|dir| newest(dir, "bin"))
        .collect()
}

fn postgres_app() -> Vec<PathBuf> {
    let apps = "Applications/Postgres.app/Contents/Versions";
    let mut places = newest(&format!("/{apps}"), "bin");
    if let Some(home) = env::home_dir() {
        places.extend(newest(&home.join(apps).to_string_lossy(), "bin"));
    }
    places
}

/// `<dir>/<version>/<below>` for each entry that is named by a version (`15`, `postgresql@16`, `pgsql-17`), newest
/// first. Plain `postgresql` counts as the newest: Homebrew links it to its current version.
fn newest(dir: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((version_of(&entry.file_name())?, entry.path().join(below))))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

fn version_of(name: &OsString) -> Option<u32> {
    let name = name.to_str()?;
    if name == "postgresql" || name == "latest" {
        return Some(u32::MAX);
    }
    let version = ["postgresql@", "pgsql-", ""].iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What a person can do on this platform to get PostgreSQL, of one version if it must be that one.
fn remedy(major: Option<u32>) -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let install = install_command(env::consts::OS, &release, major);
    format!(
        "install it ({install}), or name the directory of its programs in {OVERRIDE}, \
         or set DATABASE_URL to a PostgreSQL server that runs already"
    )
}

fn install_command(os: &str, release: &str, major: Option<u32>) -> String {
    if os == "macos" {
        return format!("brew install postgresql@{}", major.unwrap_or(17));
    }
    let family: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let is = |names: &[&str]| names.iter().any(|name| family.contains(name));
    if is(&["alpine"]) {
        format!("apk add postgresql{}", major.unwrap_or(17))
    } else if is(&["fedora", "rhel", "centos"]) {
        "dnf install postgresql-server".to_owned()
    } else if is(&["arch"]) {
        "pacman -S postgresql".to_owned()
    } else if is(&["suse", "opensuse"]) {
        "zypper install postgresql-server".to_owned()
    } else {
        major.map_or("apt install postgresql".to_owned(), |major| format!("apt install postgresql-{major}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(major: u32) -> Programs {
        Programs { bin: PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")), major }
    }

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("postgres: no such option"), None);
    }

    #[test]
    fn directories_named_by_a_version_are_recognised() {
        for (name, version) in [
            ("15", Some(15)),
            ("postgresql@16", Some(16)),
            ("pgsql-17", Some(17)),
            ("9.6", Some(9)),
            ("lib", None),
        ] {
            assert_eq!(version_of(&OsString::from(name)), version, "{name}");
        }
        assert!(version_of(&OsString::from("postgresql")) > Some(100));
    }

    #[test]
    fn a_new_cluster_takes_the_first_that_is_new_enough() {
        let found = choose(vec![programs(13), programs(15), programs(17)], Path::new("/data/pg"), None);
        assert_eq!(found.expect("15 serves").major, 15);
    }

    #[test]
    fn a_cluster_needs_the_version_that_made_it() {
        let error = choose(vec![programs(16), programs(17)], Path::new("/data/pg"), Some(15)).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("/data/pg was made by PostgreSQL 15"), "{said}");
        assert!(said.contains("found: 16, 17"), "{said}");
    }

    #[test]
    fn without_programs_the_ways_out_are_named() {
        let said = choose(vec![], Path::new("/data/pg"), None).unwrap_err().to_string();
        assert!(said.contains("no PostgreSQL was found"), "{said}");
        assert!(said.contains("install it (") && said.contains("DATABASE_URL"), "{said}");
        let said = choose(vec![programs(13)], Path::new("/data/pg"), None).unwrap_err().to_string();
        assert!(said.contains("only PostgreSQL 13 was found"), "{said}");
    }

    #[test]
    fn each_platform_is_told_its_own_command() {
        assert_eq!(install_command("macos", "", None), "brew install postgresql@17");
        assert_eq!(install_command("linux", "ID=debian\n", None), "apt install postgresql");
        assert_eq!(
            install_command("linux", "ID=ubuntu\nID_LIKE=debian\n", Some(16)),
            "apt install postgresql-16"
        );
        assert_eq!(
            install_command("linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", None),
            "dnf install postgresql-server"
        );
        assert_eq!(install_command("linux", "ID=alpine\n", None), "apk add postgresql17");
    }
}
