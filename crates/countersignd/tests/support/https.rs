//! Certificates, and who trusts them.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use countersignd::settings::TlsFiles;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Files with a new certificate for `localhost`, and the certificate.
pub(crate) fn certificate(folder: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let new = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, new.cert.pem()).unwrap();
    std::fs::write(&files.key, new.signing_key.serialize_pem()).unwrap();
    (files, new.cert.der().clone())
}

/// What a client speaks by this TCP connection that trusts this certificate alone. The handshake comes with the first bytes.
pub(crate) fn over_tls(
    stream: TcpStream,
    trusted: &CertificateDer<'static>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    // As curl and Go do. Who then spoke HTTP/2 would not be understood.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(client, stream)
}
