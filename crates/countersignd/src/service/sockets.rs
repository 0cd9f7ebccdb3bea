//! The sockets that the service listens on: new ones, or those that were passed by whoever has started it.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;

use listenfd::ListenFd;
use rustix::fs::Mode;
use rustix::process::umask;

use crate::control;
use crate::settings::Settings;

/// How many TCP connections may wait to be accepted, if the system allows as many.
const BACKLOG: i32 = 4096;

/// Which of the sockets that were passed is for senders, and which for operators: those with the names `hooks` and `admin`
/// (`FileDescriptorName=` of systemd), or else the first and the second.
fn places(names: &str) -> [usize; 2] {
    let place = |wanted| names.split(':').position(|name| name == wanted);
    match (place("hooks"), place("admin")) {
        (None, None) => [0, 1],
        // One that was not passed has no place.
        (hooks, admin) => [hooks.unwrap_or(usize::MAX), admin.unwrap_or(usize::MAX)],
    }
}

/// The sockets for senders and for operators.
pub(super) fn bind_passed(settings: &Settings) -> Result<[TcpListener; 2], Box<dyn Error>> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut passed = ListenFd::from_env();
    let [of_hooks, of_operators] = places(&names);
    let hooks = bind(settings.listen, "listen", passed.take_tcp_listener(of_hooks)?)?;
    let operators = bind(settings.admin_listen, "admin-listen", passed.take_tcp_listener(of_operators)?)?;
    Ok([hooks, operators])
}

/// The socket that was passed by whoever has started this process, or a new one. A passed one outlives the process: who connects
/// between its end and the next start waits, and is not refused. `option` is the one that names the address.
fn bind(address: SocketAddr, option: &str, passed: Option<TcpListener>) -> Result<TcpListener, Box<dyn Error>> {
    let bind = || {
        let listener = TcpListener::bind(address)?;
        // Of the usual 128, a burst of senders fills all: then the system lets each further one wait for a second.
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    };
    let listener: std::io::Result<_> = passed.map_or_else(bind, Ok);
    let listener =
        listener.map_err(|error| format!("cannot listen on {address}: {error}{}", advice(&error, option)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What to do about an address that cannot be had.
fn advice(error: &std::io::Error, option: &str) -> String {
    let why = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there, perhaps another countersignd: end it",
        ErrorKind::PermissionDenied => {
            "a port below 1024 needs the capability CAP_NET_BIND_SERVICE, or a socket that systemd passes: give one of them"
        }
        ErrorKind::AddrNotAvailable => "no interface of this machine has this address: give it one",
        _ => return format!(" (--{option} names another address)"),
    };
    format!("; {why}, or name another address with --{option}")
}

/// Binds the socket in the data folder. What is there was left by a process that has ended: the inbox has one owner.
pub(super) fn bind_control(data: &Path) -> Result<UnixListener, Box<dyn Error>> {
    let path = data.join(control::SOCKET);
    let _ = fs::remove_file(&path);
    // Not a moment for others, whatever the folder allows.
    let before = umask(Mode::from_raw_mode(0o177));
    let listener = UnixListener::bind(&path);
    umask(before);
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", path.display()))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_sockets_are_found_by_name_or_else_by_order() {
        assert_eq!(places(""), [0, 1]);
        assert_eq!(places("unknown:unknown"), [0, 1]);
        assert_eq!(places("admin:hooks"), [1, 0]);
        assert_eq!(places("other:hooks"), [1, usize::MAX]);
        assert_eq!(places("admin"), [usize::MAX, 0]);
    }
}
