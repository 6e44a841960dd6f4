//! The threads of the server and what they share.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::act::Script;
use super::connection;
use super::number::Numbering;
use super::store::Store;
use super::{Dialect, Keep};

/// How a server behaves all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What it remembers of documents.
    pub keep: Keep,
    /// Which parameters it knows.
    pub dialect: Dialect,
    /// Bodies that are longer, after decompression, are answered with 413.
    pub max_body_bytes: usize,
    /// Whether the numbers in payloads are looked at.
    pub numbers: Numbering,
}

impl Default for Options {
    fn default() -> Self {
        // What `http.max_content_length` of Elasticsearch is.
        Self {
            keep: Keep::Ids,
            dialect: Dialect::Elasticsearch,
            max_body_bytes: 100 << 20,
            numbers: Numbering::Ignored,
        }
    }
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    store: Mutex<Store>,
    script: Mutex<Script>,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        Self { options, store: Mutex::default(), script: Mutex::default() }
    }

    // A test that panicked while it held a lock has failed already; what is behind the lock is still of use to others.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells threads that wait that it is over.
#[derive(Debug, Default)]
pub(super) struct End {
    over: Mutex<bool>,
    told: Condvar,
}

impl End {
    fn tell(&self) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits for a while, or until it is over.
    pub(super) fn wait(&self, span: Duration) {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.told.wait_timeout_while(over, span, |over| !*over));
    }
}

/// The listening thread; it owns the threads of the connections.
#[derive(Debug)]
pub(super) struct Threads {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Connection {
    socket: TcpStream,
    thread: JoinHandle<()>,
}

impl Threads {
    pub(super) fn start(address: SocketAddr, shared: &Arc<Shared>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new().name("scripted".to_owned());
        let (shared, flag) = (Arc::clone(shared), Arc::clone(&over));
        let listening = thread.spawn(move || listen(&listener, &shared, &flag))?;
        Ok(Self { address, over, listening: Some(listening) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        // A listener waits for a connection; this is one.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>, over: &AtomicBool) {
    let end = Arc::new(End::default());
    let mut connections: Vec<Connection> = Vec::new();
    for socket in listener.incoming() {
        if over.load(Ordering::Acquire) {
            break;
        }
        connections.retain(|connection| !connection.thread.is_finished());
        let opened = socket.and_then(|socket| open(socket, shared, &end));
        connections.extend(opened.ok());
    }
    end.tell();
    for connection in connections {
        // The thread sees the end of its socket and goes.
        drop(connection.socket.shutdown(Shutdown::Both));
        drop(connection.thread.join());
    }
}

fn open(socket: TcpStream, shared: &Arc<Shared>, end: &Arc<End>) -> io::Result<Connection> {
    socket.set_nodelay(true)?;
    shared.store().counted.connections += 1;
    let (shared, end) = (Arc::clone(shared), Arc::clone(end));
    let ours = socket.try_clone()?;
    let thread = thread::Builder::new()
        .name("scripted connection".to_owned())
        .spawn(move || connection::serve(ours, &shared, &end))?;
    Ok(Connection { socket, thread })
}
