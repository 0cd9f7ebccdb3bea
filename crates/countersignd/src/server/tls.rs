//! HTTPS: certificate and private key from files, which are read again when the operator says so.

use std::fmt;
use std::io;

use axum_server::tls_rustls::RustlsConfig;

use crate::settings::TlsFiles;

/// The certificate that is used now.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    pub(super) config: RustlsConfig,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// If one cannot be read, is not PEM, or the key is not that of the certificate.
    pub async fn open(files: TlsFiles) -> io::Result<Self> {
        let config =
            RustlsConfig::from_pem_file(&files.certificate, &files.key).await.map_err(|e| wrong(&files, &e))?;
        Ok(Self { files, config })
    }

    /// Reads the files again. If they are wrong, the certificate stays as it is. TCP connections that are open keep theirs.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn reload(&self) -> io::Result<()> {
        let files = &self.files;
        self.config.reload_from_pem_file(&files.certificate, &files.key).await.map_err(|error| wrong(files, &error))
    }
}

/// Which files it was.
fn wrong(files: &TlsFiles, error: &io::Error) -> io::Error {
    let TlsFiles { certificate, key } = files;
    let message =
        format!("cannot use the certificate {} with the key {}: {error}", certificate.display(), key.display());
    io::Error::new(error.kind(), message)
}
