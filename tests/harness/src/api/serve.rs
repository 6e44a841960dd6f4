//! The threads of the API.

use std::io::{self, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::answer::{Reply, answer};
use super::http::Request;
use super::{Act, Shared};

/// The listening thread; it owns the threads of the connections.
#[derive(Debug)]
pub(super) struct Threads {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Threads {
    pub(super) fn start(address: SocketAddr, shared: &Arc<Shared>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let (shared, flag) = (Arc::clone(shared), Arc::clone(&over));
        let thread = thread::Builder::new().name("api".to_owned());
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
    let mut connections: Vec<(TcpStream, JoinHandle<()>)> = Vec::new();
    for socket in listener.incoming() {
        if over.load(Ordering::Acquire) {
            break;
        }
        connections.retain(|(_, thread)| !thread.is_finished());
        connections.extend(socket.and_then(|socket| open(socket, shared)).ok());
    }
    for (socket, thread) in connections {
        drop(socket.shutdown(Shutdown::Both));
        drop(thread.join());
    }
}

fn open(socket: TcpStream, shared: &Arc<Shared>) -> io::Result<(TcpStream, JoinHandle<()>)> {
    socket.set_nodelay(true)?;
    let (ours, shared) = (socket.try_clone()?, Arc::clone(shared));
    let thread = thread::Builder::new().name("api connection".to_owned());
    Ok((socket, thread.spawn(move || serve(ours, &shared))?))
}

fn serve(socket: TcpStream, shared: &Shared) {
    let Ok(mut out) = socket.try_clone() else { return };
    let address = socket.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let mut input = BufReader::new(socket);
    while let Ok(Some(request)) = Request::read(&mut input) {
        let act = {
            let mut state = shared.state();
            state.requests.push(request.clone());
            state.acts.pop_front().unwrap_or(Act::Serve)
        };
        if let Act::Late(span) = &act {
            thread::sleep(*span);
        }
        let reply = answer(&mut shared.state(), &request, act, &address);
        if send(&mut out, &reply).is_err() || reply.cut_at.is_some() {
            break;
        }
    }
    drop(out.shutdown(Shutdown::Both));
}

fn send(out: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let mut bytes = format!(
        "HTTP/1.1 {} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        reply.status,
        reply.body.len()
    )
    .into_bytes();
    for (name, value) in &reply.headers {
        write!(bytes, "{name}: {value}\r\n")?;
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&reply.body[..reply.cut_at.unwrap_or(reply.body.len())]);
    out.write_all(&bytes)
}
