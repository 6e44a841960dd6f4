//! The loop: asks each second, draws, and hears keys and signals. It ends with the terminal as it was.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use runtime::shutdown::{Meaning, Request, Shutdown, Signals};
use runtime::{Clock, SystemClock};

use super::history::{History, Sample, replies};
use super::screen;
use crate::commands::status;

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(1);
/// How long a key waits at most.
const TICK: Duration = Duration::from_millis(50);

/// Shows the shipper at this address until a key or a signal ends it.
pub fn run(address: SocketAddr) -> anyhow::Result<()> {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio.block_on(watch(address, &SystemClock::new()))
}

/// The terminal as long as it is ours. Whatever ends us, a panic too, it is given back.
struct Screen(DefaultTerminal);

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

async fn watch(address: SocketAddr, clock: &dyn Clock) -> anyhow::Result<()> {
    let mut signals = Signals::listen(Shutdown::new()).context("cannot listen for signals")?;
    let mut history = History::default();
    // Nobody there at the start is an error that should stay on the terminal.
    let first = ask(address, clock.monotonic());
    history.add(first.with_context(|| status::no_answer(address))?);
    let mut screen = Screen(ratatui::try_init().context("cannot take the terminal over")?);
    let mut asked = clock.monotonic();
    let mut redraw = Redraw::Yes;
    loop {
        let now = clock.monotonic();
        if now >= asked + EVERY {
            asked = now;
            // The shipper is on this machine and answers at once or not at all; nothing else waits in this thread.
            match ask(address, now) {
                Ok(sample) => history.add(sample),
                Err(error) => history.no_answer(now, format!("{error:#}")),
            }
            redraw = Redraw::Yes;
        }
        if redraw == Redraw::Yes {
            let drawn = screen.0.draw(|frame| screen::draw(frame, &history, now));
            drawn.context("cannot draw")?;
        }
        redraw = match keys().context("cannot read keys")? {
            Heard::End => return Ok(()),
            Heard::Nothing => Redraw::No,
            Heard::Resize => Redraw::Yes,
        };
        tokio::select! {
            // Both only wait; a signal that was not taken stays.
            () = clock.sleep(TICK) => {}
            meaning = signals.next() => match meaning {
                // At SIGHUP the terminal is gone.
                Meaning::Drain | Meaning::End(_) | Meaning::Asks(Request::Reload) => return Ok(()),
                Meaning::Asks(Request::Status) => {}
            },
        }
    }
}

#[derive(PartialEq, Eq)]
enum Redraw {
    Yes,
    No,
}

fn ask(address: SocketAddr, at: Duration) -> io::Result<Sample> {
    let status = status::fetch(address)?;
    let replies = replies(&status::metrics(address)?);
    Ok(Sample { at, status, replies })
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    /// The end.
    End,
    /// The terminal has another size.
    Resize,
    /// Nothing of meaning.
    Nothing,
}

/// Takes all that was typed since the last look.
fn keys() -> io::Result<Heard> {
    let mut heard = Heard::Nothing;
    while event::poll(Duration::ZERO)? {
        match meaning(&event::read()?) {
            Heard::End => return Ok(Heard::End),
            Heard::Resize => heard = Heard::Resize,
            Heard::Nothing => {}
        }
    }
    Ok(heard)
}

fn meaning(event: &Event) -> Heard {
    if matches!(event, Event::Resize(..)) {
        return Heard::Resize;
    }
    let Some(KeyEvent { code, modifiers, .. }) = event.as_key_press_event() else {
        return Heard::Nothing;
    };
    let is_control_c = code == KeyCode::Char('c') && modifiers.contains(KeyModifiers::CONTROL);
    if code == KeyCode::Char('q') || is_control_c { Heard::End } else { Heard::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_control_c_end_it_and_other_keys_do_not() {
        let key = |code, modifiers| meaning(&Event::Key(KeyEvent::new(code, modifiers)));
        let none = KeyModifiers::NONE;
        assert_eq!(key(KeyCode::Char('q'), none), Heard::End);
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Heard::End);
        assert_eq!(key(KeyCode::Char('c'), none), Heard::Nothing);
        assert_eq!(key(KeyCode::Enter, none), Heard::Nothing);
        assert_eq!(meaning(&Event::Resize(80, 24)), Heard::Resize);
    }
}
