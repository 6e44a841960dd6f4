use super::*;
use crate::identity::HostId;
use event::Dataset;

const ID: FileId = FileId::from_bytes([1; 16]);
const NODE: Node = Node { device: 1, inode: 2, born_ns: None };

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn registry() -> Registry {
    let host = Host { id: HostId::from_bytes([7; 16]), machine: None, name: "shop".to_owned() };
    let mut registry = Registry::new(host);
    let found = Found {
        id: ID,
        node: NODE,
        generation: 0,
        head: Print::EMPTY,
        path: Path::new("/a.log"),
        start: Mark::START,
    };
    registry.register(&found, now());
    registry
}

fn stretch(registry: &mut Registry, start: u64, end: u64) -> Ticket {
    let span = ByteOffset::new(start)..ByteOffset::new(end);
    let load = Load { events: 1, filtered: Vec::new() };
    registry.open(ID, &span, Print::of(b"x"), (Datasets::only(Dataset::App), load)).unwrap()
}

fn settle(registry: &mut Registry, ticket: Ticket) {
    registry.settle(ID, ticket, Settled { events: 1, ..Settled::default() });
}

fn checkpoint(registry: &mut Registry) -> Option<Checkpoint> {
    registry.snapshot(now(), Wanted::Changes).map(|snapshot| snapshot.checkpoint)
}

#[test]
fn a_checkpoint_holds_acknowledged_bytes_only_and_survives_its_text() {
    let mut registry = registry();
    let first = stretch(&mut registry, 0, 10);
    stretch(&mut registry, 10, 20);
    settle(&mut registry, first);
    let checkpoint = checkpoint(&mut registry).unwrap();
    assert_eq!(checkpoint.files[0].committed.offset, ByteOffset::new(10));
    let read = Checkpoint::decode(&checkpoint.encode()).unwrap();
    assert_eq!(read, checkpoint);
    let mut again = Registry::from_checkpoint(read, registry.host().clone());
    assert_eq!(again.committed(ID).unwrap().offset, ByteOffset::new(10));
    assert_eq!(self::checkpoint(&mut again).unwrap(), checkpoint);
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let mut registry = registry();
    assert!(checkpoint(&mut registry).is_some());
    assert!(checkpoint(&mut registry).is_none());
    let ticket = stretch(&mut registry, 0, 10);
    assert!(checkpoint(&mut registry).is_none());
    settle(&mut registry, ticket);
    assert!(checkpoint(&mut registry).is_some());
    registry.not_written();
    assert!(checkpoint(&mut registry).is_some());
}

#[test]
fn a_file_leaves_a_day_after_it_is_gone_and_acknowledged_and_never_before() {
    let hours = |hours| now() + SignedDuration::from_hours(hours);
    let mut registry = registry();
    registry.expire(hours(1_000));
    assert!(registry.committed(ID).is_some(), "it exists");
    let ticket = stretch(&mut registry, 0, 10);
    registry.mark_gone(|_, _| Presence::Absent, now());
    registry.expire(hours(1_000));
    assert!(registry.committed(ID).is_some(), "it is not acknowledged");
    settle(&mut registry, ticket);
    registry.expire(hours(23));
    assert!(registry.committed(ID).is_some(), "it is gone for 23 hours");
    registry.expire(hours(24));
    assert!(registry.committed(ID).is_none());
}

#[test]
fn a_truncated_file_is_an_orphan_until_a_copy_inherits_it() {
    let mut registry = registry();
    assert!(!registry.is_orphan(ID));
    assert_eq!(registry.next_generation(&Node { inode: 9, ..NODE }), 0);
    registry.truncate(ID, now());
    assert_eq!(registry.next_generation(&NODE), 1);
    assert!(registry.is_orphan(ID));
    assert_eq!(registry.candidates(&NODE, b"")[0].node, None, "another file stands there now");
    let copy = Node { inode: 3, ..NODE };
    registry.note_copy(ID, copy);
    let head = Print::of(b"what the copy holds");
    registry.inherit(ID, copy, head, Path::new("/a.log.1"));
    assert!(!registry.is_orphan(ID));
    assert_eq!(registry.head(ID), head);
    let known = registry.candidates(&copy, b"");
    assert_eq!((known[0].node, known[0].copies.len()), (Some(copy), 0));
    assert!(registry.candidates(&NODE, b"").is_empty(), "the old node leads nowhere");
}

#[test]
fn a_summary_names_the_first_files_and_follows_every_change() {
    let mut registry = registry();
    for (number, name) in [(2, "/c.log"), (3, "/b.log")] {
        let found = Found {
            id: FileId::from_bytes([number; 16]),
            node: Node { inode: u64::from(number), ..NODE },
            generation: 0,
            head: Print::EMPTY,
            path: Path::new(name),
            start: Mark::START,
        };
        registry.register(&found, now());
    }
    let shown = |registry: &mut Registry| {
        let files = registry.summary(2).into_iter();
        files.map(|file| (file.path, file.sent_bytes)).collect::<Vec<_>>()
    };
    let want =
        |first: &str, sent, second: &str| vec![(first.to_owned(), sent), (second.to_owned(), 0)];
    assert_eq!(shown(&mut registry), want("/a.log", 0, "/b.log"));
    let ticket = stretch(&mut registry, 0, 10);
    assert_eq!(shown(&mut registry), want("/a.log", 10, "/b.log"));
    settle(&mut registry, ticket);
    assert_eq!(registry.summary(2)[0].acknowledged_bytes, 10);
    registry.truncate(ID, now());
    assert_eq!(shown(&mut registry), want("/b.log", 0, "/c.log"));
    registry.seen(ID, Path::new("/0.log"));
    assert_eq!(shown(&mut registry), want("/0.log", 10, "/b.log"));
}

#[test]
fn a_file_is_found_by_its_node_and_by_its_head_as_far_as_it_is_known() {
    let text = [b'x'; 200];
    let mut registry = registry();
    let elsewhere = Node { inode: 9, ..NODE };
    let found = |registry: &Registry, node| registry.candidates(node, &text).len();
    assert_eq!((found(&registry, &NODE), found(&registry, &elsewhere)), (1, 0));
    registry.grow_head(ID, Print::of(&text[..63]));
    assert_eq!(found(&registry, &elsewhere), 0, "so short a head says nothing");
    registry.grow_head(ID, Print::of(&text[..100]));
    assert_eq!((found(&registry, &NODE), found(&registry, &elsewhere)), (1, 1));
    registry.mark_gone(|_, _| Presence::Absent, now());
    registry.expire(now() + SignedDuration::from_hours(24));
    assert_eq!((found(&registry, &NODE), registry.count()), (0, 0));
}

/// I6
#[test]
fn a_file_is_known_by_what_was_sent_of_it_before_any_of_it_is_acknowledged() {
    let mut registry = registry();
    stretch(&mut registry, 0, 100);
    stretch(&mut registry, 100, 300);
    let known = registry.candidates(&NODE, b"");
    let offsets: Vec<u64> = known[0].marks.iter().map(|mark| mark.offset.get()).collect();
    assert_eq!(offsets, [300, 100, 0]);
}

#[test]
fn a_file_whose_device_was_numbered_anew_is_found_under_both_numbers_before_and_under_the_new_one_after()
 {
    let mut registry = registry();
    let renumbered = Node { device: 9, ..NODE };
    assert_eq!(registry.candidates(&renumbered, b"").len(), 1);
    registry.moved(ID, renumbered, Path::new("/a.log"));
    assert_eq!(registry.candidates(&NODE, b"")[0].node, Some(renumbered));
}
