//! What a snapshot holds, what it refuses, and the interface as a guest meets it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use beadle_plan::{LimitHit, Limits, Stage};
use tempfile::{TempDir, tempdir};
use wasmtime::component::Linker;

use crate::bindings::beadle::files::files::{Error, File, Host};
use crate::{FilesView, Folder, FolderError, FolderLimits, ReadError, add_to_linker};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a name")).expect("makes a folder");
        fs::write(path, text).expect("writes");
    }
    folder
}

fn open(place: &TempDir) -> Folder {
    Folder::open(place.path()).expect("opens")
}

fn paths(folder: &Folder) -> Vec<&str> {
    folder.list().map(|(path, _)| path).collect()
}

#[test]
fn files_are_listed_by_path_and_read() {
    let place =
        folder(&[("rooms.csv", "a,b"), ("maps/north/lab.toml", "x = 1"), ("maps/a.txt", ""), (".git/config", "no")]);
    let folder = open(&place);
    let listed: Vec<_> = folder.list().collect();
    assert_eq!(listed, [("maps/a.txt", 0), ("maps/north/lab.toml", 5), ("rooms.csv", 3)]);
    assert_eq!(&*folder.read("./maps//north/lab.toml").expect("reads"), b"x = 1");
    for path in ["maps", ".git/config", "rooms", "ROOMS.CSV"] {
        assert!(matches!(folder.read(path), Err(ReadError::NoFile { .. })), "{path}");
    }
    let message = folder.read("room.csv").expect_err("no such file").to_string();
    assert!(message.ends_with("it has maps/a.txt, maps/north/lab.toml, rooms.csv"), "{message}");
}

#[test]
fn a_snapshot_does_not_change_with_the_folder() {
    let place = folder(&[("rooms.csv", "old")]);
    let before = open(&place);
    fs::write(place.path().join("rooms.csv"), "new").expect("writes");
    fs::write(place.path().join("more.csv"), "").expect("writes");
    assert_eq!(&*before.read("rooms.csv").expect("reads"), b"old");
    assert_eq!(paths(&before), ["rooms.csv"]);
    assert_ne!(open(&place).digest(), before.digest());
}

#[test]
fn the_digest_covers_names_and_contents_and_nothing_else() {
    let digest = |files: &[(&str, &str)]| open(&folder(files)).digest();
    let one = digest(&[("a", "1"), ("b", "2")]);
    assert_eq!(one, digest(&[("b", "2"), ("a", "1")]));
    assert_eq!(one, digest(&[("b", "2"), ("a", "1"), (".a.swp", "x")]));
    for other in [
        &[("a", "1")][..],
        &[("a", "1"), ("b", "3")],
        &[("a", "1"), ("c", "2")],
        &[("a", "12"), ("b", "")],
        &[("a", "1"), ("x/b", "2")],
        &[("a", "1"), ("b", "2"), ("c", "")],
        &[],
    ] {
        assert_ne!(one, digest(other), "{other:?}");
    }
}

#[test]
fn no_path_and_no_link_leads_out() {
    let outside = folder(&[("secret", "s3cret"), ("deep/secret", "s3cret")]);
    let place = folder(&[("rooms.csv", "a"), ("sub/b", "b")]);
    let link = |target: &Path, name: &str| symlink(target, place.path().join(name)).expect("links");
    link(&outside.path().join("secret"), "file");
    link(outside.path(), "folder");
    link(Path::new("../../../../../../../etc/passwd"), "up");
    link(Path::new("loop"), "loop");
    link(Path::new("nowhere"), "broken");
    link(Path::new("sub"), "again");
    link(Path::new("sub/b"), "inside");
    let folder = open(&place);
    assert_eq!(paths(&folder), ["inside", "rooms.csv", "sub/b"]);
    assert_eq!(&*folder.read("inside").expect("reads"), b"b");
    for path in ["file", "folder", "up", "again"] {
        assert!(matches!(folder.read(path), Err(ReadError::LeftOut { .. })), "{path}: {:?}", folder.read(path));
    }
    for path in ["loop", "broken"] {
        assert!(matches!(folder.read(path), Err(ReadError::Unreadable { .. })), "{path}: {:?}", folder.read(path));
    }
    assert!(matches!(folder.read("folder/secret"), Err(ReadError::NoFile { .. })));
    let absolute = outside.path().join("secret");
    for path in ["../secret", "sub/../../secret", absolute.to_str().expect("UTF-8")] {
        assert!(matches!(folder.read(path), Err(ReadError::Outside(_))), "{path}");
    }
    assert_eq!(folder.left_out().count(), 6);
}

#[test]
fn what_is_no_file_with_a_readable_name_is_left_out() {
    let place = folder(&[("rooms.csv", "a")]);
    fs::write(place.path().join(OsStr::from_bytes(b"caf\xe9")), "x").expect("writes");
    let _listener = std::os::unix::net::UnixListener::bind(place.path().join("socket")).expect("a socket");
    let folder = open(&place);
    assert_eq!(paths(&folder), ["rooms.csv"]);
    let left_out: Vec<_> = folder.left_out().collect();
    assert_eq!(left_out, [("caf\u{fffd}", "its name is not UTF-8"), ("socket", "it is neither a file nor a folder")]);
}

#[test]
fn mounted_configuration_is_followed() {
    // What Kubernetes mounts: links into a hidden folder, itself a link.
    let place = folder(&[("..2026_11_20/rooms.csv", "a,b")]);
    symlink("..2026_11_20", place.path().join("..data")).expect("links");
    symlink("..data/rooms.csv", place.path().join("rooms.csv")).expect("links");
    let folder = open(&place);
    assert_eq!(folder.list().collect::<Vec<_>>(), [("rooms.csv", 3)]);
}

#[test]
fn limits_name_the_folder_and_themselves() {
    let place = folder(&[("a", "1234"), ("b/c/d", "5678")]);
    let within = |limits| Folder::open_within(place.path(), limits);
    let usual = FolderLimits::default();
    assert!(within(FolderLimits { bytes: 8, entries: 4, depth: 2 }).is_ok());
    for (limits, words) in [
        (FolderLimits { bytes: 7, ..usual }, "more than 7 bytes"),
        (FolderLimits { entries: 3, ..usual }, "more than 3 files"),
        (FolderLimits { depth: 1, ..usual }, "more than 1 folders inside one another"),
    ] {
        let message = within(limits).expect_err("over the limit").to_string();
        assert!(message.contains(words) && message.contains(place.path().to_str().expect("UTF-8")), "{message}");
    }
}

#[test]
fn a_folder_that_is_none_is_an_error() {
    let place = folder(&[("file", "")]);
    for path in ["missing", "file"] {
        let error = Folder::open(place.path().join(path)).expect_err("no folder");
        assert!(matches!(error, FolderError::Unreadable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_plugin_without_a_folder_lists_nothing_and_learns_the_line() {
    let mut stage = Stage::new(Limits::default(), true);
    let mut view = FilesView { folder: None, plugin: "rooms", stage: &mut stage };
    assert_eq!(view.list().await.expect("no trap"), Ok(vec![]));
    match view.read("rooms.csv".into()).await.expect("no trap") {
        Err(Error::Denied(message)) => {
            assert!(message.ends_with("under [plugins.rooms]: folder = \"rooms/\""), "{message}");
        }
        other => panic!("not denied: {other:?}"),
    }
}

#[tokio::test]
async fn reads_are_noted_and_counted() {
    let place = folder(&[("rooms.csv", "a,b")]);
    let folder = open(&place);
    let mut stage = Stage::new(Limits { responses: 30, ..Limits::default() }, true);
    let mut view = FilesView { folder: Some(&folder), plugin: "rooms", stage: &mut stage };
    let listed = view.list().await.expect("no trap");
    assert_eq!(listed, Ok(vec![File { path: "rooms.csv".into(), size: 3 }]));
    assert_eq!(view.read("rooms.csv".into()).await.expect("no trap"), Ok(b"a,b".to_vec()));
    assert!(matches!(view.read("../x".into()).await.expect("no trap"), Err(Error::Invalid(_))));
    let trap = view.read("rooms.csv".into()).await.expect_err("more than 30 bytes");
    assert_eq!(trap.downcast_ref(), Some(&LimitHit::Responses(30)));
    let (reads, _) = stage.take_report(beadle_plan::Instant::from_millis(0));
    assert_eq!((reads[0].from.as_str(), reads[0].size, &reads[0].error), ("files:rooms.csv", 3, &None));
    assert!(reads[1].error.as_ref().is_some_and(|error| error.contains("outside")), "{reads:?}");
}

#[test]
fn the_interface_is_linked_once() {
    /// What a store of the sandbox would hold.
    struct Data {
        folder: Folder,
        stage: Stage,
    }
    fn view(data: &mut Data) -> FilesView<'_> {
        FilesView { folder: Some(&data.folder), plugin: "rooms", stage: &mut data.stage }
    }
    let mut linker = Linker::<Data>::new(&wasmtime::Engine::default());
    add_to_linker(&mut linker, view).expect("is linked");
    assert!(add_to_linker(&mut linker, view).is_err());
}
