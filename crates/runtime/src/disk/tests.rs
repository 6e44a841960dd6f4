use super::*;

fn write(disk: &FaultyDisk, path: &str, bytes: &[u8]) -> DiskFile {
    let mut file = disk.append(Path::new(path)).unwrap();
    file.write(bytes).unwrap();
    file
}

fn read(disk: &FaultyDisk, path: &str) -> Option<String> {
    disk.read(Path::new(path)).ok().map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn bytes_that_were_not_synced_are_gone_after_a_power_cut() {
    let disk = FaultyDisk::new();
    let mut file = write(&disk, "/state/a", b"first");
    file.sync().unwrap();
    disk.sync_folder(Path::new("/state")).unwrap();
    file.write(b" second").unwrap();
    disk.restart(Survivors::default());
    assert_eq!(read(&disk, "/state/a").as_deref(), Some("first"));
}

#[test]
fn a_name_that_was_not_synced_is_gone_after_a_power_cut_though_its_bytes_were_synced() {
    let disk = FaultyDisk::new();
    write(&disk, "/state/a", b"bytes").sync().unwrap();
    disk.restart(Survivors::default());
    assert_eq!(read(&disk, "/state/a"), None);
}

#[test]
fn a_rename_may_survive_while_the_bytes_do_not() {
    let disk = FaultyDisk::new();
    write(&disk, "/state/a.tmp", b"bytes");
    disk.rename(Path::new("/state/a.tmp"), Path::new("/state/a")).unwrap();
    disk.restart(Survivors { names: 2, bytes: 0 });
    assert_eq!(read(&disk, "/state/a").as_deref(), Some(""));
}

#[test]
fn what_a_failed_fsync_dropped_is_not_there_after_a_later_one_that_went_well() {
    let disk = FaultyDisk::new();
    let mut file = write(&disk, "/state/a", b"kept ");
    file.sync().unwrap();
    disk.sync_folder(Path::new("/state")).unwrap();
    file.write(b"gone ").unwrap();
    disk.fail_at(disk.operations(), Fault::Error(io::ErrorKind::Other));
    file.sync().unwrap_err();
    file.write(b"more").unwrap();
    file.sync().unwrap();
    assert_eq!(read(&disk, "/state/a").as_deref(), Some("kept gone more"), "memory still has it");
    disk.restart(Survivors::default());
    assert_eq!(read(&disk, "/state/a").as_deref(), Some("kept \0\0\0\0\0more"));
}

#[test]
fn a_length_may_survive_without_its_bytes() {
    let disk = FaultyDisk::new();
    let mut file = write(&disk, "/state/a", b"ab");
    file.sync().unwrap();
    disk.sync_folder(Path::new("/state")).unwrap();
    file.write(b"cdef").unwrap();
    disk.restart_with_zeros(Survivors { names: 0, bytes: 1 });
    assert_eq!(read(&disk, "/state/a").as_deref(), Some("abc\0\0\0"));
}

#[test]
fn a_planned_error_happens_once() {
    let disk = FaultyDisk::new();
    disk.fail_at(1, Fault::Error(io::ErrorKind::PermissionDenied));
    let mut file = disk.create(Path::new("/a")).unwrap();
    assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    file.sync().unwrap();
}

#[test]
fn a_full_disk_refuses_bytes_until_it_is_repaired() {
    let disk = FaultyDisk::new();
    let mut file = write(&disk, "/a", b"");
    disk.fail_at(2, Fault::Full);
    assert_eq!(file.write(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(file.write(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
    disk.repair();
    file.write(b"x").unwrap();
}

#[test]
fn a_new_file_never_takes_the_place_of_one_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for disk in [&RealDisk as &dyn Disk, &FaultyDisk::new()] {
        let path = folder.path().join("a");
        disk.create(&path).unwrap();
        assert_eq!(disk.create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}

#[test]
fn both_disks_append_truncate_list_rename_and_remove_alike() {
    let folder = tempfile::tempdir().unwrap();
    for disk in [&RealDisk as &dyn Disk, &FaultyDisk::new()] {
        let state = folder.path().join("state");
        disk.create_folder(&state).unwrap();
        let (one, two) = (state.join("one"), state.join("two"));
        disk.append(&one).unwrap().write(b"abc").unwrap();
        let mut file = disk.append(&one).unwrap();
        file.write(b"def").unwrap();
        file.truncate(4).unwrap();
        file.write(b"!").unwrap();
        file.sync().unwrap();
        assert_eq!(file.length().unwrap(), 5);
        assert_eq!(disk.read(&one).unwrap(), b"abcd!");
        disk.rename(&one, &two).unwrap();
        disk.sync_folder(&state).unwrap();
        assert_eq!(disk.list(&state).unwrap(), std::slice::from_ref(&two));
        disk.remove(&two).unwrap();
        assert!(disk.list(&state).unwrap().is_empty());
        assert_eq!(disk.read(&two).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn files_and_folders_of_the_real_disk_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    RealDisk.create_folder(&state).unwrap();
    RealDisk.append(&state.join("a")).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&state.join("a"))), (0o700, 0o600));
}
