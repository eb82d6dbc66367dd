//! How often an address may try what needs no account: sign in wrongly, or answer a survey. An account is locked after some wrong
//! passwords; this stops whoever tries one password on many accounts, or writes without end through one link.

use super::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Failures that an address may have in a [`WINDOW`]: many, for a whole office may stand behind one.
pub const MOST: u32 = 30;
/// How long failures are counted together, from the first of them.
pub const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Addresses that are remembered at once; the one that failed longest ago goes first.
const ADDRESSES: usize = 10_000;

/// The failures of addresses, in the memory of one process.
#[derive(Debug, Default)]
pub struct Attempts {
    failures: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Debug)]
struct Failures {
    since: DateTime<Utc>,
    count: u32,
}

impl Failures {
    fn end(&self) -> DateTime<Utc> {
        self.since + WINDOW
    }
}

/// Somebody with an IPv6 address has the whole network of 64 bits.
fn whose(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Attempts {
    /// Refuses an address that failed too often, until its window ends.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub fn allow(&self, address: IpAddr, now: DateTime<Utc>) -> Result<()> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = failures.get(&whose(address)).filter(|known| known.count >= MOST && now < known.end());
        match spent {
            Some(known) => Err(Error::TooMany { seconds: (known.end() - now).num_seconds().max(1) }),
            None => Ok(()),
        }
    }

    /// Counts a failure, or an answer to a survey.
    pub fn failed(&self, address: IpAddr, now: DateTime<Utc>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let address = whose(address);
        if failures.len() >= ADDRESSES && !failures.contains_key(&address) {
            failures.retain(|_, known| now < known.end());
            let oldest = failures.iter().min_by_key(|(_, known)| known.since).map(|(address, _)| *address);
            if let Some(oldest) = oldest.filter(|_| failures.len() >= ADDRESSES) {
                failures.remove(&oldest);
            }
        }
        let known = failures.entry(address).or_insert(Failures { since: now, count: 0 });
        if now >= known.end() {
            *known = Failures { since: now, count: 0 };
        }
        known.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_refused_after_too_many_failures_until_its_minute_ends() {
        let (attempts, noon) = (Attempts::default(), DateTime::<Utc>::UNIX_EPOCH);
        let (office, other) = (address("2001:db8::1"), address("192.0.2.7"));
        for failure in 0..MOST {
            attempts.allow(office, noon).unwrap_or_else(|_| panic!("refused after {failure}"));
            attempts.failed(office, noon);
        }
        let later = noon + TimeDelta::seconds(20);
        assert!(matches!(attempts.allow(office, later), Err(Error::TooMany { seconds: 40 })));
        assert!(attempts.allow(address("2001:db8::2"), later).is_err(), "the same network");
        assert!(attempts.allow(address("2001:db8:0:1::1"), later).is_ok());
        assert!(attempts.allow(other, later).is_ok());
        let over = noon + WINDOW;
        assert!(attempts.allow(office, over).is_ok());
        attempts.failed(office, over);
        assert!(attempts.allow(office, over).is_ok(), "counted from one again");
    }

    #[test]
    fn only_so_many_addresses_are_remembered() {
        let (attempts, noon) = (Attempts::default(), DateTime::<Utc>::UNIX_EPOCH);
        for (n, bits) in (0_u32..).take(ADDRESSES + 50).enumerate() {
            let now = noon + TimeDelta::milliseconds(i64::try_from(n).unwrap());
            attempts.failed(IpAddr::V4(bits.into()), now);
        }
        let failures = attempts.failures.lock().unwrap();
        assert_eq!(failures.len(), ADDRESSES);
        assert!(!failures.contains_key(&address("0.0.0.0")) && failures.contains_key(&address("0.0.0.60")));
    }
}
