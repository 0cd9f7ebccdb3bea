//! Certificates that are read again.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersignd::server::tls::Tls;
use countersignd::settings::{Limits, TlsFiles};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::Folder;
use crate::world::{TIMEOUT, connect, read_until, serve};

/// Files with a new certificate for `localhost`, and the certificate.
fn certificate(folder: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let new = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, new.cert.pem()).unwrap();
    std::fs::write(&files.key, new.signing_key.serialize_pem()).unwrap();
    (files, new.cert.der().clone())
}

/// What a client that trusts this certificate alone reads from `/`.
fn ask_over_tls(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    // As curl and Go do. Who then spoke HTTP/2 would not be understood.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, connect(address));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")?;
    let answer = read_until(&mut stream, "hello");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(answer)
}

#[test]
fn a_certificate_is_read_again() {
    let folder = Folder::new();
    let (files, first) = certificate(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tls = runtime.block_on(Tls::open(files.clone())).unwrap();
    let limits = Limits { tls_timeout: TIMEOUT, ..Limits::default() };
    let (address, _server) = serve(limits, Some(tls.clone()));
    assert!(ask_over_tls(address, &first).unwrap().starts_with("HTTP/1.1 200"));

    let (_, second) = certificate(folder.path());
    runtime.block_on(tls.reload()).unwrap();
    ask_over_tls(address, &first).unwrap_err();
    ask_over_tls(address, &second).unwrap();

    // What is wrong changes nothing, and is said.
    let elsewhere = Folder::new();
    std::fs::copy(certificate(elsewhere.path()).0.key, &files.key).unwrap();
    let error = runtime.block_on(tls.reload()).unwrap_err().to_string();
    assert!(error.contains("cert.pem") && error.contains("key.pem"), "{error}");
    ask_over_tls(address, &second).unwrap();
    std::fs::write(&files.certificate, "no certificate").unwrap();
    runtime.block_on(tls.reload()).unwrap_err();
    ask_over_tls(address, &second).unwrap();

    // Who begins a handshake and stops, or speaks in the clear, is cut off.
    for sent in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let started = Instant::now();
        let mut stream = connect(address);
        stream.write_all(sent).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        assert!(started.elapsed() < Duration::from_secs(10) && !bytes.starts_with(b"HTTP"), "{sent:?}");
    }
}
