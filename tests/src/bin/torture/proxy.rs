//! A wire that can be cut, choked or frozen: a TCP proxy on the loopback address.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

/// How often a pump looks whether the wire has changed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// It carries everything.
    Whole,
    /// Connections are refused, and those that stand are cut.
    Cut,
    /// Connections stand, and nothing passes.
    Frozen,
    /// One of so many pieces on the way to the server cuts its connection, as a reset in the middle of a body does.
    CutsRequests(u32),
    /// One of so many pieces on the way back cuts its connection in the middle.
    CutsReplies(u32),
    /// So many bytes a second pass each way.
    Drips(usize),
}

/// A running proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    wire: Mutex<Wire>,
    over: AtomicBool,
    pieces: AtomicU32,
    target: SocketAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

impl Proxy {
    /// Starts a proxy to the server at this URL.
    pub(crate) fn start(url: &str) -> Result<Self> {
        let target = url.trim_start_matches("http://").parse().context("an address of a server")?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            wire: Mutex::new(Wire::Whole),
            over: AtomicBool::new(false),
            pieces: AtomicU32::new(0),
            target,
        });
        let ours = Arc::clone(&shared);
        let listening = thread::spawn(move || listen(&listener, &ours));
        Ok(Self { address, shared, listening: Some(listening) })
    }

    /// Returns its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the block `cluster:` of a shipper that ships through it.
    pub(crate) fn cluster(&self) -> String {
        format!("{{ addresses: [\"{}\"] }}", self.url())
    }

    /// Changes what the wire does.
    pub(crate) fn set(&self, wire: Wire) {
        *self.shared.wire.lock().unwrap_or_else(PoisonError::into_inner) = wire;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        // A listener waits for a connection; this is one.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

impl Shared {
    fn wire(&self) -> Wire {
        *self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Tells whether this piece is one of those at which a connection is cut.
    fn cuts(&self, way: Way) -> bool {
        let ((Wire::CutsRequests(every), Way::There) | (Wire::CutsReplies(every), Way::Back)) =
            (self.wire(), way)
        else {
            return false;
        };
        self.pieces.fetch_add(1, Ordering::Relaxed) % every == every - 1
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut pumps = Vec::new();
    for socket in listener.incoming() {
        if shared.is_over() {
            break;
        }
        let Ok(socket) = socket else { continue };
        // A connection that is closed at once is, to its client, one that was refused.
        if shared.wire() == Wire::Cut {
            continue;
        }
        pumps.extend(open(socket, shared).into_iter().flatten());
        pumps.retain(|pump: &JoinHandle<()>| !pump.is_finished());
    }
    for pump in pumps {
        drop(pump.join());
    }
}

fn open(client: TcpStream, shared: &Arc<Shared>) -> io::Result<[JoinHandle<()>; 2]> {
    let server = TcpStream::connect(shared.target)?;
    for socket in [&client, &server] {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(LOOK_EVERY))?;
    }
    let ends =
        [(client.try_clone()?, server.try_clone()?, Way::There), (server, client, Way::Back)];
    Ok(ends.map(|(from, to, way)| {
        let shared = Arc::clone(shared);
        thread::spawn(move || pump(from, to, way, &shared))
    }))
}

fn pump(mut from: TcpStream, mut to: TcpStream, way: Way, shared: &Shared) {
    let mut block = vec![0; 64 << 10];
    while !shared.is_over() {
        let size = match shared.wire() {
            Wire::Cut => break,
            Wire::Frozen => {
                thread::sleep(LOOK_EVERY);
                continue;
            }
            Wire::Drips(bytes) => (bytes / 20).max(1),
            Wire::Whole | Wire::CutsRequests(_) | Wire::CutsReplies(_) => block.len(),
        };
        let read = match from.read(&mut block[..size]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                continue;
            }
            Err(_) => break,
        };
        if shared.cuts(way) {
            drop(to.write_all(&block[..read / 2]));
            break;
        }
        if to.write_all(&block[..read]).is_err() {
            break;
        }
        if matches!(shared.wire(), Wire::Drips(_)) {
            thread::sleep(Duration::from_millis(50));
        }
    }
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}
