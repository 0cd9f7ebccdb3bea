//! HTTPS: certificate and private key from files, which are read again when the operator says so.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::private_file;
use crate::settings::TlsFiles;

/// The certificate that is used now.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
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
        let config = RustlsConfig::from_config(read(&files).await?);
        Ok(Self { files, config })
    }

    /// Reads the files again. If they are wrong, the certificate stays as it is. TCP connections that are open keep theirs.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn reload(&self) -> io::Result<()> {
        self.config.reload_from_config(read(&self.files).await?);
        Ok(())
    }

    /// Shakes hands with a client, by the certificate of this moment.
    ///
    /// # Errors
    /// If that fails, or takes longer than this.
    pub(super) fn accept<I>(
        &self,
        stream: I,
        timeout: Duration,
    ) -> impl Future<Output = io::Result<TlsStream<I>>> + Send + use<I>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let handshake = TlsAcceptor::from(self.config.get_inner()).accept(stream);
        async move { tokio::time::timeout(timeout, handshake).await? }
    }
}

/// Reads the files. Of the protocols that a client may offer, HTTP/1.1 alone is taken: the library would take HTTP/2 too, which is not spoken
/// here.
async fn read(files: &TlsFiles) -> io::Result<Arc<ServerConfig>> {
    let read =
        RustlsConfig::from_pem_file(&files.certificate, &files.key).await.map_err(|error| wrong(files, &error))?;
    let mut config = ServerConfig::clone(&read.get_inner());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Which files it was.
fn wrong(files: &TlsFiles, error: &io::Error) -> io::Error {
    let TlsFiles { certificate, key } = files;
    let message = format!(
        "cannot use the certificate {} with the key {}: {error}",
        certificate.display(),
        private_file::shown(key)
    );
    io::Error::new(error.kind(), message)
}
