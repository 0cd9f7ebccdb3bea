//! The program itself: what was acknowledged is there after kill -9, and how it starts, reloads and ends.
//!
//! kill -9 loses nothing that was written, flushed or not. That a flush comes before each answer is shown by the simulated disk of
//! `countersign-inbox`. `COUNTERSIGND_ROUNDS` says how many rounds there are (default 10).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersignd::settings::TlsFiles;
use support::debts::{Debts, Manner, Senders};
use support::https::{certificate, over_tls};
use support::program::{Running, connect, deliver, get, output, program};
use support::{Folder, SECRET, TOKEN, connections, signature};

#[test]
fn what_was_acknowledged_is_there_after_kill_9() {
    let rounds = std::env::var("COUNTERSIGND_ROUNDS").map_or(10, |rounds| rounds.parse().unwrap());
    let folder = Folder::new();
    folder.connections(&connections());
    let debts = Debts::new(&connections()[0]);
    for round in 0..rounds {
        let mut running = Running::start(folder.path());
        let before = debts.acknowledged();
        let senders = Senders::start(&debts, &running.address, Manner::default());
        // A round on a busy machine begins with its first answers.
        debts.wait_for(before + 5);
        thread::sleep(Duration::from_millis(round * 53 % 200));
        running.signal("-KILL");
        assert!(!running.wait());
        senders.end();
    }
    // Whatever is still in the inbox or the archive is brought into the table, where each event is once.
    let mut running = Running::start(folder.path());
    let mut sync = program();
    sync.args(["sync", "hmac", "--data"]).arg(folder.path().join("data"));
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (output, _, stderr) = output(sync);
        if output.status.success() {
            break;
        }
        // The one that began with the process.
        assert!(stderr.contains("is running") && Instant::now() < deadline, "{stderr}");
        thread::sleep(Duration::from_millis(50));
        sync = program();
        sync.args(["sync", "hmac", "--data"]).arg(folder.path().join("data"));
    }
    // What is archived is found as well, whether the program runs or not.
    let archived = debts.any_acknowledged();
    let shown = why(folder.path(), &archived).1;
    assert!(shown.contains("durable      archived in connection=hmac/"), "{shown}");
    assert!(shown.contains("table        s.hmac, _index 0\n"), "{shown}");
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
    assert_eq!(why(folder.path(), &archived).1, shown);
    assert!(!running.log().contains("alarm"), "{}", running.log());
    assert_eq!(debts.unpaid(&folder.path().join("data")), 0, "of {} that were acknowledged", debts.acknowledged());
    println!("{rounds} rounds, {} acknowledged, all in the table", debts.acknowledged());
}

/// Starts the program with these sockets, as systemd would: as descriptors 3 and 4. What it logs is added to the file `log`.
fn start_with(folder: &Path, hooks: &TcpListener, admin: &TcpListener, tls: Option<&TlsFiles>) -> Child {
    let script = "exec 3<&0 4<&1 </dev/null >/dev/null; export LISTEN_FDS=2 LISTEN_PID=$$; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_countersignd"), "serve", "--data"]).arg(folder.join("data"));
    command.arg("--connections").arg(folder.join("connections.json"));
    command.args(["--public-url", "https://hooks.example.com"]);
    if let Some(TlsFiles { certificate, key }) = tls {
        command.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key);
    }
    command
        .stdin(OwnedFd::from(hooks.try_clone().unwrap()))
        .stdout(OwnedFd::from(admin.try_clone().unwrap()))
        .stderr(fs::File::options().create(true).append(true).open(folder.join("log")).unwrap())
        .spawn()
        .unwrap()
}

/// Who connects while no process runs is answered by the next one, and whom a process has accepted it answers before it ends.
#[test]
fn restarts_with_passed_sockets_refuse_no_connection_and_cut_none_off() {
    let folder = Folder::new();
    restart(20, &folder, None, |mut stream, body| deliver(&mut stream, body));
}

#[test]
fn restarts_over_tls_refuse_no_connection_and_cut_none_off() {
    let folder = Folder::new();
    let (files, trusted) = certificate(folder.path());
    restart(10, &folder, Some(&files), move |stream, body| deliver(&mut over_tls(stream, &trusted), body));
}

/// Restarts the program while sixteen senders deliver, each event by a connection of its own: many are made in every moment of a restart.
fn restart(
    rounds: usize,
    folder: &Folder,
    tls: Option<&TlsFiles>,
    deliver: impl Fn(TcpStream, &[u8]) -> Option<(u16, String)> + Clone + Send + 'static,
) {
    folder.connections(&connections());
    let (hooks, admin) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = hooks.local_addr().unwrap().to_string();
    let is_over = Arc::new(AtomicBool::new(false));
    let accepted = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..16)
        .map(|sender| {
            let (address, is_over, accepted) = (address.clone(), Arc::clone(&is_over), Arc::clone(&accepted));
            let deliver = deliver.clone();
            thread::spawn(move || {
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let stream = connect(&address).expect("a connection was refused");
                    let body = format!(r#"{{"id": "evt_{sender}_{number}"}}"#);
                    let (status, answer) = deliver(stream, body.as_bytes()).expect("a connection was cut off");
                    assert_eq!(status, 200, "{answer}");
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let end = |mut child: Child| {
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        assert!(child.wait().unwrap().success());
    };
    for _ in 0..rounds {
        let before = accepted.load(Ordering::Relaxed);
        let child = start_with(folder.path(), &hooks, &admin, tls);
        let deadline = Instant::now() + Duration::from_secs(30);
        while accepted.load(Ordering::Relaxed) < before + 10 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let now = accepted.load(Ordering::Relaxed) - before;
        end(child);
        assert!(now >= 10, "{now} deliveries were accepted in 30 seconds after a start");
    }
    is_over.store(true, Ordering::Relaxed);
    let child = start_with(folder.path(), &hooks, &admin, tls);
    for sender in senders {
        sender.join().unwrap();
    }
    end(child);
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("panic"), "{log}");
    println!("{rounds} restarts: {} accepted, none refused or cut off", accepted.load(Ordering::Relaxed));
}

fn why(folder: &Path, id: &str) -> (Option<i32>, String, String) {
    let mut command = program();
    command.args(["why", id, "--data"]).arg(folder.join("data"));
    let (output, stdout, stderr) = output(command);
    (output.status.code(), stdout, stderr)
}

#[test]
fn it_starts_answers_reloads_and_ends() {
    let folder = Folder::new();
    folder.connections(&connections()[1..]);
    let mut running = Running::start(folder.path());
    assert_eq!(get(&running.admin_address, "/livez").0, 200);
    assert_eq!(get(&running.admin_address, "/readyz"), (200, "ready\n".to_owned()));
    assert_eq!(get(&running.admin_address, "/why/evt_1").0, 404);
    assert_eq!(get(&running.address, "/readyz").0, 404);
    let mut stream = connect(&running.address).unwrap();
    assert_eq!(deliver(&mut stream, br#"{"id": "evt_1"}"#).unwrap().0, 404);

    // SIGHUP reads the connections again.
    folder.connections(&connections());
    running.signal("-HUP");
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut stream = loop {
        let mut stream = connect(&running.address).unwrap();
        if deliver(&mut stream, br#"{"id": "evt_1"}"#).unwrap().0 == 200 {
            break stream;
        }
        assert!(Instant::now() < deadline, "{}", running.log());
        thread::sleep(Duration::from_millis(20));
    };

    // While it runs, the verbs ask it; its folder is its own.
    let (code, stdout, _) = why(folder.path(), "evt_1");
    assert_eq!(code, Some(0));
    assert!(stdout.contains("sender's id  evt_1") && stdout.contains("durable"), "{stdout}");
    assert!(stdout.contains("table        "), "{stdout}");
    assert_eq!(why(folder.path(), "evt_2").0, Some(1));
    let mut second = program();
    second
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("data"));
    second.arg("--connections").arg(folder.path().join("connections.json"));
    second.args(["--public-url", "https://hooks.example.com"]);
    let (refused, _, stderr) = output(second);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr.contains("another process has"), "{stderr}");

    // SIGTERM ends it, once what is being received was answered.
    let body = br#"{"id": "evt_3"}"#;
    let (name, value) = signature(body);
    let path = connections()[0].path();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body[..5]].concat()).unwrap();
    thread::sleep(Duration::from_millis(200));
    running.signal("-TERM");
    let deadline = Instant::now() + Duration::from_secs(20);
    while connect(&running.address).is_some() {
        assert!(Instant::now() < deadline, "it still listens");
        thread::sleep(Duration::from_millis(10));
    }
    stream.write_all(&body[5..]).unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert!(running.wait(), "{}", running.log());
    assert!(!folder.path().join("data/control.sock").exists());
    let (code, stdout, stderr) = why(folder.path(), "evt_3");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("evt_3"));
    let log = running.log();
    for secret in [SECRET, TOKEN] {
        assert!(!log.contains(secret));
    }
}

#[test]
fn what_is_wrong_at_the_start_is_said() {
    let folder = Folder::new();
    folder.connections(&connections());
    let run = |arguments: &[&str]| {
        let mut command = program();
        command.args(arguments).current_dir(folder.path());
        let (output, stdout, stderr) = output(command);
        (output.status.code(), stdout, stderr)
    };
    let (code, stdout, _) = run(&["check", "--connections", "connections.json", "--public-url", "https://h.example"]);
    let (first, second) = stdout.split_once('\n').unwrap();
    assert_eq!((code, first), (Some(0), "6 connections: hmac, meta, none, sentry, token, trello"));
    assert!(
        second.starts_with("each delivery is an event of its own") && second.ends_with("meta, sentry, token\n"),
        "{second}"
    );
    for (arguments, part) in [
        (&["check", "--connections", "nothing.json"][..], "cannot read nothing.json"),
        (&["check", "--connections", "connections.json"], "--public-url"),
        (&["why", "evt_1"], "is not the folder of a service"),
        (
            &[
                "serve",
                "--connections",
                "connections.json",
                "--public-url",
                "https://h.example",
                "--listen",
                "203.0.113.1:1",
            ],
            "cannot listen on 203.0.113.1:1",
        ),
    ] {
        let (code, _, stderr) = run(arguments);
        assert!(code == Some(2) && stderr.contains(part), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("must-not-leak"));
    }
}

/// Most connections are made through the API, so settings are checked without a file of connections too, and as a start judges them.
#[test]
fn check_says_of_settings_what_a_start_says() {
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let run = |verb: &[&str], arguments: &[&str]| {
        let mut command = program();
        command.args(verb).args(arguments).arg("--data").arg(path("data"));
        let (output, stdout, stderr) = output(command);
        (output.status.code(), stdout, stderr)
    };
    let file = |name: &str, content: &str, mode: u32| {
        fs::write(path(name), content).unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
        path(name)
    };
    let good = file("good", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 0o600);
    let url = ["--alerts-url", "http://127.0.0.1:9/hooks", "--alerts-secret-file"];
    let (code, stdout, stderr) = run(&["check"], &[&url[..], &[&good]].concat());
    assert!(code == Some(0) && stdout.contains("the settings are in order"), "{stdout}{stderr}");
    assert!(!folder.path().join("data").exists(), "a check makes nothing");

    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let open = file("open", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 0o644);
    let text = file("text", "what-must-not-leak, and is no base64\n", 0o600);
    let inbox = format!("file://{}/below", path("text"));
    for (arguments, part) in [
        ([&url[..], &[&path("nothing")]].concat(), "alerts.secret_file: "),
        ([&url[..], &[&open]].concat(), "its mode is 644"),
        ([&url[..], &[&text]].concat(), "openssl rand -base64 32 makes a secret"),
        (vec!["--tls-cert", &text, "--tls-key", &text], "cannot use the certificate"),
        (vec!["--inbox", &inbox], "Not a directory"),
        (vec!["--store", &inbox], "Not a directory"),
    ] {
        let (code, stdout, said) = run(&["check"], &arguments);
        assert!(
            code == Some(2) && !stdout.contains("in order") && said.contains(part),
            "{arguments:?}: {stdout}{said}"
        );
        assert!(!said.contains("must-not-leak"), "{said}");
        let (code, _, said_at_start) = run(&serve, &arguments);
        assert!(code == Some(2) && said_at_start.contains(part), "{arguments:?}: {said_at_start}");
    }
}

/// A start that fails at an address must leave no data folder, and no first key that its operator overlooks among the errors.
#[test]
fn an_address_in_use_is_named_before_anything_is_made() {
    let folder = Folder::new();
    folder.connections(&connections());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (option, other) in [("--listen", "--admin-listen"), ("--admin-listen", "--listen")] {
        let mut command = program();
        command.args(["serve", "--connections", "connections.json", "--public-url", "https://h.example"]);
        command.args([option, &address, other, "127.0.0.1:0"]).current_dir(folder.path());
        let (output, stdout, stderr) = output(command);
        assert_eq!((output.status.code(), stdout.as_str()), (Some(2), ""), "{stderr}");
        let expected = format!("cannot listen on {address}: Address already in use");
        let advice = format!("perhaps another countersignd: end it, or name another address with {option}\n");
        assert!(stderr.contains(&expected) && stderr.ends_with(&advice), "{stderr}");
        assert!(!folder.path().join("data").exists(), "the data folder was made");
    }
}
