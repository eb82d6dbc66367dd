//! Whose certificates are trusted: those of the public authorities, and those that a file names, such as a company's own.

use std::path::Path;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// Certificates that are trusted beside the public ones.
#[derive(Clone, Debug, Default)]
pub struct Authorities {
    /// Each in PEM, for who reads that.
    pem: Vec<u8>,
    der: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Reads certificates in PEM, one after another.
    ///
    /// # Errors
    /// In words, why they can't be.
    pub fn read(pem: &[u8]) -> Result<Self, String> {
        let der: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("it is not PEM: {error}"))?;
        let mut store = RootCertStore::empty();
        for one in &der {
            store
                .add(one.clone())
                .map_err(|error| format!("a certificate in it can't be trusted: {error}"))?;
        }
        if der.is_empty() {
            Err("there is no certificate in it".to_owned())
        } else {
            Ok(Self { pem: pem.to_vec(), der })
        }
    }

    /// Reads the file that holds them.
    ///
    /// # Errors
    /// In words, why it can't be.
    pub fn load(file: &Path) -> Result<Self, String> {
        Self::read(&std::fs::read(file).map_err(|error| error.to_string())?)
    }

    /// They in PEM; none where only the public ones are trusted.
    pub(super) fn pem(&self) -> Option<&[u8]> {
        (!self.der.is_empty()).then_some(self.pem.as_slice())
    }

    /// They with the public ones.
    pub(super) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(self.der.iter().cloned());
        roots
    }
}

/// An error of a connection in words: where it is the certificate, this is said first.
pub(super) fn told(error: &str) -> String {
    if error.contains("certificate") {
        return format!(
            "its certificate is not trusted ({error}): name its authority in PLUMBLINE_CA_FILE, if it is your own"
        );
    }
    error.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert_eq!(Authorities::read(b"").unwrap_err(), "there is no certificate in it");
        assert!(
            Authorities::read(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err()
        );
        assert!(Authorities::load(Path::new("/nowhere/at/all.pem")).is_err());
    }
}
