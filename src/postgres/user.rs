//! The account that the server runs under: PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Error;

/// The account that a root process hands the server to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Who runs the server: nobody else than we ourselves, unless we are root.
pub(super) fn server_account(cluster: &Path) -> Result<Option<Account>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(Error::at("read", Path::new("/etc/passwd")))?;
    // A cluster that is there already stays with its owner.
    let owner = fs::symlink_metadata(cluster).ok().map(|meta| meta.uid()).filter(|uid| *uid != 0);
    choose(&passwd, owner).map(Some).ok_or(Error::NoAccount)
}

fn choose(passwd: &str, owner: Option<u32>) -> Option<Account> {
    let accounts = || passwd.lines().filter_map(parse);
    if let Some(owner) = owner {
        return accounts().find(|account| account.uid == owner);
    }
    ["postgres", "_postgres", "nobody"]
        .iter()
        .find_map(|name| accounts().find(|account| account.name == *name && account.uid != 0))
}

fn parse(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    // macOS lists `nobody` as -2.
    let uid = number(fields.nth(1)?)?;
    let gid = number(fields.next()?)?;
    Some(Account { name, uid, gid })
}

fn number(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

/// Makes `command` run under `account`.
pub(super) fn run_as(command: &mut Command, account: Option<&Account>) {
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
}

/// Gives `path` to `account`.
pub(super) fn give(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    match account {
        Some(account) => std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid))
            .map_err(Error::at("hand over", path)),
        None => Ok(()),
    }
}

/// Refuses a data directory that the server's account can't get to, as below root's home.
pub(super) fn check_reachable(dir: &Path, account: Option<&Account>) -> Result<(), Error> {
    let Some(account) = account else { return Ok(()) };
    for ancestor in dir.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        let meta = fs::metadata(ancestor).map_err(Error::at("read", ancestor))?;
        let mode = meta.permissions().mode();
        let open = if meta.uid() == account.uid {
            mode & 0o100
        } else if meta.gid() == account.gid {
            mode & 0o010
        } else {
            mode & 0o001
        };
        if open == 0 {
            return Err(Error::Unreachable {
                dir: dir.to_owned(),
                closed: ancestor.to_owned(),
                account: account.name.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n\
        postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn root_hands_the_server_to_postgres() {
        let account = choose(PASSWD, None).expect("there is an account");
        assert_eq!((account.name.as_str(), account.uid, account.gid), ("postgres", 101, 104));
    }

    #[test]
    fn without_a_postgres_account_nobody_serves() {
        let passwd = PASSWD.replace("postgres:", "other:");
        assert_eq!(choose(&passwd, None).expect("there is an account").name, "nobody");
    }

    #[test]
    fn a_cluster_stays_with_its_owner() {
        assert_eq!(choose(PASSWD, Some(65534)).expect("the owner is known").name, "nobody");
        assert_eq!(choose(PASSWD, Some(4242)), None);
    }

    #[test]
    fn ids_may_be_written_as_negative_numbers() {
        let account = parse("nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false").expect("is read");
        assert_eq!((account.uid, account.gid), (4_294_967_294, 4_294_967_294));
    }
}
