//! Good deliveries at a rate, from a thread of its own.
//!
//! Each delivery is due at its time, whatever became of the others, and its time counts from then on: a server that stalls is charged
//! for all that was due meanwhile. A delivery takes the TCP connection that is idle longest, or opens another as long as there are
//! fewer than allowed; without one it waits, and its time runs.
//!
//! The thread sleeps in `epoll`, on a timer with the clock's resolution. It wakes at most once in [`STEP`] for what is due, so it may
//! send that much late; in return it leaves the processor to the server.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use countersign::Signer;
use rustix::event::{Timespec, epoll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime};

use crate::answer::Answer;
use crate::ledger::{Ledger, body};
use crate::load::Load;
use crate::outcomes::{Counts, Times, record};

/// The least time between two looks at what is due.
const STEP: Duration = Duration::from_micros(50);
/// How long answers are waited for when the time is over.
const GRACE: Duration = Duration::from_secs(15);
/// How many TCP connections are opened before the first delivery is due.
const OPEN_AT_START: usize = 256;
/// The timer's name among the connections.
const TIMER: u64 = u64::MAX;

/// A delivery that is due.
#[derive(Clone, Copy)]
struct Delivery {
    number: u64,
    due: Instant,
}

/// A TCP connection, or the place for one.
#[derive(Default)]
struct Place {
    stream: Option<TcpStream>,
    delivery: Option<Delivery>,
    request: Vec<u8>,
    written: usize,
    answer: Vec<u8>,
    /// Whether something was answered on it before.
    has_answered: bool,
}

pub(crate) struct Paced<'a> {
    load: &'a Load,
    address: SocketAddr,
    signer: Signer,
    counts: &'a Counts,
    ledger: &'a Ledger,
    times: Times,
    epoll: OwnedFd,
    places: Vec<Place>,
    idle: VecDeque<usize>,
    closed: Vec<usize>,
    waiting: VecDeque<Delivery>,
    in_flight: usize,
    /// The time that counts.
    counted: Range<Instant>,
}

impl<'a> Paced<'a> {
    /// # Errors
    /// Of the system.
    pub(crate) fn new(load: &'a Load, counts: &'a Counts, ledger: &'a Ledger) -> io::Result<Self> {
        let address = load.target.address.parse().map_err(|_| io::ErrorKind::InvalidInput)?;
        let connections = load.connections as usize;
        let mut paced = Self {
            load,
            address,
            signer: load.target.signer(),
            counts,
            ledger,
            times: Times::default(),
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            places: (0..connections).map(|_| Place::default()).collect(),
            idle: VecDeque::new(),
            closed: (0..connections).rev().collect(),
            waiting: VecDeque::new(),
            in_flight: 0,
            counted: Instant::now()..Instant::now(),
        };
        for _ in 0..connections.min(OPEN_AT_START) {
            let place = paced.closed.pop().expect("one for each connection");
            paced.open(place)?;
            paced.idle.push_back(place);
            // Not more at once than the least queue of a listener takes: whom it drops tries again after a second.
            if place % 32 == 31 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(paced)
    }

    /// Sends until the time is over, and waits for the last answers.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn run(mut self, rate: f64) -> io::Result<Times> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        // Edge-triggered: it need not be read, and each setting makes a new edge.
        epoll::add(
            &self.epoll,
            &timer,
            epoll::EventData::new_u64(TIMER),
            epoll::EventFlags::IN | epoll::EventFlags::ET,
        )?;
        let start = Instant::now() + Duration::from_millis(50);
        let end = start + self.load.duration;
        self.counted = start + self.load.discard..end;
        let due_at = |number: u64| start + Duration::from_secs_f64((number - 1) as f64 / rate);
        let mut events = Vec::with_capacity(1024);
        let mut next = 1;
        loop {
            let now = Instant::now();
            while due_at(next) <= now.min(end) {
                let delivery = Delivery { number: next, due: due_at(next) };
                for _ in 0..=u64::from(next % 100 < self.load.repeated_percent) {
                    self.waiting.push_back(delivery);
                }
                next += 1;
            }
            self.send_waiting()?;
            if now > end && (self.in_flight == 0 && self.waiting.is_empty() || now > end + GRACE) {
                break;
            }
            let wake = if now > end { now + Duration::from_millis(10) } else { due_at(next).max(now + STEP) };
            let sleep = wake.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
            let timespec = |time: Duration| Timespec {
                tv_sec: time.as_secs().cast_signed(),
                tv_nsec: i64::from(time.subsec_nanos()),
            };
            let once = Itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(sleep) };
            timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => _ = outcome?,
            }
            for event in &events {
                let name = event.data.u64();
                if name != TIMER {
                    self.proceed(usize::try_from(name).expect("the index of a place"));
                }
            }
        }
        Counts::add_many(&self.counts.unsent, self.waiting.len());
        Counts::add_many(&self.counts.unknown, self.in_flight);
        Ok(self.times)
    }

    /// Begins to connect.
    fn open(&mut self, place: usize) -> io::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let family = if self.address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        match connect(&socket, &self.address) {
            Err(rustix::io::Errno::INPROGRESS) => {}
            outcome => outcome?,
        }
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(place as u64), flags)?;
        self.places[place].stream = Some(stream);
        self.places[place].has_answered = false;
        Ok(())
    }

    /// Gives TCP connections to the deliveries that wait for one.
    fn send_waiting(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            let place = if let Some(place) = self.idle.pop_front() {
                place
            } else if let Some(place) = self.closed.pop() {
                self.open(place)?;
                place
            } else {
                return Ok(());
            };
            let delivery = self.waiting.pop_front().expect("one waits");
            let request = &self.load.target.request(
                &self.signer,
                &body(delivery.number, self.load.body_bytes),
                self.load.is_forged,
            );
            let Place { delivery: current, request: bytes, written, answer, .. } = &mut self.places[place];
            *current = Some(delivery);
            bytes.clone_from(request);
            *written = 0;
            answer.clear();
            self.in_flight += 1;
            self.write(place);
        }
        Ok(())
    }

    /// Writes what can be written.
    fn write(&mut self, at: usize) {
        let place = &mut self.places[at];
        let Some(stream) = &mut place.stream else { return };
        while place.delivery.is_some() && place.written < place.request.len() {
            // Whether it cannot be written now, or the server has closed, is seen when it is read: it may have answered first.
            let Ok(written) = stream.write(&place.request[place.written..]) else { break };
            place.written += written;
        }
    }

    /// Writes and reads what can be written and read.
    fn proceed(&mut self, at: usize) {
        self.write(at);
        let place = &mut self.places[at];
        let Some(stream) = &mut place.stream else { return };
        let mut bytes = [0; 1024];
        loop {
            match stream.read(&mut bytes) {
                Ok(0) => return self.lost(at),
                Ok(read) => place.answer.extend_from_slice(&bytes[..read]),
                Err(error) if is_not_now(&error) => break,
                Err(_) => return self.lost(at),
            }
            if matches!(Answer::parse(&place.answer), Ok(Some(_)) | Err(_)) {
                break;
            }
        }
        if place.answer.is_empty() {
            return;
        }
        match Answer::parse(&place.answer) {
            Ok(None) => {}
            Ok(Some(answer)) => self.answered(at, &answer),
            Err(_) => self.lost(at),
        }
    }

    fn answered(&mut self, at: usize, answer: &Answer) {
        let place = &mut self.places[at];
        place.answer.clear();
        let is_cut = place.written < place.request.len();
        let Some(delivery) = place.delivery.take() else { return self.lost(at) };
        self.in_flight -= 1;
        let now = Instant::now();
        let is_counted = self.counted.contains(&delivery.due);
        if answer.status == 200 {
            if let Some(id) = answer.id() {
                self.ledger.owe(id, delivery.number);
            }
            if self.counted.contains(&now) {
                Counts::add(&self.counts.accepted_in_time);
            }
            if is_counted {
                Counts::add(&self.counts.accepted);
                record(&mut self.times.accepted, now - delivery.due);
            }
        } else if is_counted {
            Counts::add(&self.counts.refused);
            record(&mut self.times.refused, now - delivery.due);
        }
        if answer.is_last || is_cut {
            self.close(at);
        } else {
            place.has_answered = true;
            self.idle.push_back(at);
        }
    }

    /// The server has closed.
    fn lost(&mut self, at: usize) {
        let place = &mut self.places[at];
        let Some(delivery) = place.delivery.take() else {
            self.idle.retain(|idle| *idle != at);
            return self.close(at);
        };
        self.in_flight -= 1;
        if !self.counted.contains(&delivery.due) {
            // Not counted.
        } else if place.answer.is_empty() && !place.has_answered {
            Counts::add(&self.counts.turned_away);
            record(&mut self.times.refused, delivery.due.elapsed());
        } else {
            Counts::add(&self.counts.unknown);
        }
        self.close(at);
    }

    fn close(&mut self, at: usize) {
        let place = &mut self.places[at];
        if let Some(stream) = place.stream.take() {
            // Closed with a reset, lest the addresses run out: each closed otherwise keeps its own for a minute.
            let _ = rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
        }
        place.answer.clear();
        self.closed.push(at);
    }
}

fn is_not_now(error: &io::Error) -> bool {
    // `NotConnected` while the connection is still being made.
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;
    use crate::sender::Target;

    /// A server that answers at once, except while someone else holds the lock.
    fn server(gate: &Arc<Mutex<()>>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, gate) = (listener.local_addr().unwrap(), Arc::clone(gate));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, gate) = (stream.unwrap(), Arc::clone(&gate));
                thread::spawn(move || {
                    let mut lines = io::BufReader::new(stream.try_clone().unwrap());
                    // The body has no line of its own: the head of the next request follows it.
                    let mut line = String::new();
                    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                        if line == "\r\n" {
                            let mut body = [0; 64];
                            lines.read_exact(&mut body).unwrap();
                            drop(gate.lock());
                            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                        }
                        line.clear();
                    }
                });
            }
        });
        address
    }

    #[test]
    fn a_server_that_stalls_is_charged_for_all_that_was_due_meanwhile() {
        let gate = Arc::default();
        let load = Load {
            target: Target { address: server(&gate).to_string(), path: "/".to_owned(), secret: "secret".to_owned() },
            connections: 4,
            body_bytes: 64,
            duration: Duration::from_secs(1),
            rate: Some(1000.0),
            discard: Duration::ZERO,
            repeated_percent: 0,
            is_forged: false,
            forged_rate: 0.0,
            hangup_rate: 0.0,
            trickling: 0,
        };
        let stall = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            let stalled = gate.lock();
            thread::sleep(Duration::from_millis(400));
            drop(stalled);
        });
        let (counts, ledger) = (Counts::default(), Ledger::default());
        let times = Paced::new(&load, &counts, &ledger).unwrap().run(1000.0).unwrap();
        stall.join().unwrap();
        // The last may be due at the end.
        assert!((999..=1001).contains(&times.accepted.len()), "{}", times.accepted.len());
        // Four TCP connections wait 400 ms; of the 400 that were due meanwhile, three quarters have waited for more than 100 ms.
        let late = times.accepted.count_between(100_000, u64::MAX);
        assert!(late >= 250, "{late} of 1,000 are charged with the stall");
    }
}
