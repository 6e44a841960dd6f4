//! The process that holds a shared server: `dev serve`.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::lease::{READY, mark};
use super::register::{Register, Waited};
use crate::{Engine, Error, Flavour, Life, Options};

/// A server that died under us is noticed this soon, so that the next client gets a new one.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Starts a server and holds it until nobody has wanted it for a while.
pub fn run(flavour: Flavour, options: &Options, grace: Duration) -> Result<(), Error> {
    let mut engine = Engine::start(flavour, options)?;
    // In the engine's folder, so that the watcher removes it too.
    let socket = engine.folder().join("clients.sock");
    let listener = UnixListener::bind(&socket).map_err(Error::io("listen at", &socket))?;
    let greeting = serde_json::to_string(engine.access())
        .map_err(|error| fault(flavour, &error.to_string()))?;
    let register = Arc::new(Register::default());
    let shared = Arc::clone(&register);
    // Ends with the process: it waits in `accept`, where nothing can reach it.
    thread::spawn(move || admit(&listener, &greeting, &shared));
    let mark = mark(flavour, &options.cache);
    publish(&mark, &socket)?;
    // Whoever started us may be gone by now, which is no reason to end.
    drop(writeln!(io::stdout(), "{READY}"));
    let held = hold(&mut engine, &register, grace);
    fs::remove_file(&mark).map_err(Error::io("remove", &mark))?;
    held?;
    drop(engine);
    Ok(())
}

fn hold(engine: &mut Engine, register: &Register, grace: Duration) -> Result<(), Error> {
    loop {
        register.wait_while_used(LOOK_EVERY);
        match engine.life()? {
            Life::Running => {}
            Life::Ended => return Ok(()),
        }
        match register.close_when_unused(grace) {
            Waited::InUse => {}
            Waited::Closed => return Ok(()),
        }
    }
}

fn admit(listener: &UnixListener, greeting: &str, register: &Arc<Register>) {
    for client in listener.incoming() {
        let Ok(client) = client else { continue };
        let (greeting, register) = (greeting.to_owned(), Arc::clone(register));
        thread::spawn(move || attend(client, &greeting, &register));
    }
}

/// Greets a client and keeps its place until it is gone.
fn attend(mut client: UnixStream, greeting: &str, register: &Register) {
    let Some(_place) = register.enter() else { return };
    if writeln!(client, "{greeting}").is_ok() {
        // Clients say nothing; what ends this is the close of the connection.
        drop(client.read(&mut [0; 1]));
    }
}

fn publish(mark: &Path, socket: &Path) -> Result<(), Error> {
    let draft = mark.with_extension("draft");
    fs::write(&draft, socket.as_os_str().as_encoded_bytes()).map_err(Error::io("write", &draft))?;
    fs::rename(&draft, mark).map_err(Error::io("write", mark))
}

fn fault(flavour: Flavour, what: &str) -> Error {
    Error::Companion { role: "holder", flavour, what: what.to_owned() }
}
