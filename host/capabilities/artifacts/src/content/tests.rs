use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

struct World {
    folder: tempfile::TempDir,
    content: Content,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let content = Content::at(folder.path().join("artifacts"), Redactor::new());
        Self { folder, content }
    }

    /// Lists all files below the folder.
    fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in list(&folder).expect("a folder") {
                if path.is_dir() { folders.push(path) } else { files.extend([path]) }
            }
        }
        files
    }

    async fn put(&self, media_type: &str, bytes: &[u8]) -> ContentDigest {
        self.content.put(media_type, bytes.to_vec()).await.expect("there is room").0
    }
}

#[tokio::test]
async fn equal_content_is_kept_once_and_comes_back_as_it_was() {
    let world = World::new();
    let text = "an answer, an answer, ".repeat(1_000);
    let first = world.put("application/json; charset=utf-8", text.as_bytes()).await;
    assert_eq!(world.put("text/plain", text.as_bytes()).await, first);
    let pdf = world.put("application/pdf", &[0, 159, 146, 150]).await;
    let empty = world.put("application/pdf", &[]).await;
    let files = world.files();
    assert_eq!(files.len(), 3, "{files:?}");
    assert_eq!(world.content.get(first).await.expect("it is there"), text.as_bytes());
    assert_eq!(world.content.get(pdf).await.expect("it is there"), [0, 159, 146, 150]);
    assert_eq!(world.content.get(empty).await.expect("it is there"), [0_u8; 0]);
    let packed = files.iter().find(|path| path.extension().is_some()).expect("a text is compressed");
    assert!(packed.metadata().expect("a file").len() < 500);
    assert_eq!(world.content.digests().await.expect("a folder").len(), 3);
}

#[tokio::test]
async fn secrets_are_not_kept() {
    let world = World::new();
    let digest = world.put("application/json", br#"{"userprivateaccesskey":"0123456789"}"#).await;
    assert_eq!(world.content.get(digest).await.expect("it is there"), br#"{"userprivateaccesskey":"[secret]"}"#);
}

#[tokio::test]
async fn what_is_damaged_is_not_returned() {
    let world = World::new();
    for (media_type, bytes) in [("text/plain", "long enough to be cut, long enough"), ("image/png", "picture")] {
        let digest = world.put(media_type, bytes.as_bytes()).await;
        let (path, _) = find(&world.content.folder, digest).expect("it is there");
        let whole = std::fs::read(&path).expect("a file");
        let mut turned = whole.clone();
        *turned.last_mut().expect("it has bytes") ^= 1;
        for broken in [&whole[..whole.len() / 2], &turned, b""] {
            std::fs::write(&path, broken).expect("a file");
            let told = world.content.get(digest).await.expect_err("it is damaged");
            assert!(matches!(told, ContentError::Damaged(of) if of == digest), "{media_type}: {told}");
        }
        std::fs::remove_file(&path).expect("a file");
        let told = world.content.get(digest).await.expect_err("it is gone").to_string();
        assert!(told.contains("there is no content") && told.contains("host.artifacts"), "{told}");
        assert_eq!(world.put(media_type, bytes.as_bytes()).await, digest, "it can be put again");
        world.content.get(digest).await.expect("it is there");
    }
}

#[tokio::test]
async fn a_sweep_removes_what_is_old_and_wanted_by_nobody() {
    let world = World::new();
    let wanted = world.put("text/plain", b"wanted").await;
    let unwanted = world.put("text/plain", b"unwanted").await;
    let stray = world.folder.path().join("artifacts").join("notes.txt");
    std::fs::write(&stray, "of the administrator").expect("a file");
    let sweep = async |before: SystemTime| {
        let told = world.content.sweep(before, async |asked: Vec<ContentDigest>| {
            Ok::<_, ContentError>(asked.into_iter().filter(|digest| *digest == wanted).collect())
        });
        told.await.expect("the folder is read").contents
    };
    let now = SystemTime::now();
    assert_eq!(sweep(now - Duration::from_secs(3_600)).await, 0, "all of it is young");
    assert_eq!(sweep(now + Duration::from_secs(3_600)).await, 1);
    assert!(world.content.get(unwanted).await.is_err());
    world.content.get(wanted).await.expect("it is there");
    assert!(stray.exists());
}

#[tokio::test]
async fn what_is_put_again_is_young() {
    let world = World::new();
    let digest = world.put("text/plain", b"again").await;
    let (path, _) = find(&world.content.folder, digest).expect("it is there");
    let old = SystemTime::now() - Duration::from_secs(1_000_000);
    File::options().append(true).open(&path).and_then(|file| file.set_modified(old)).expect("a file");
    world.put("text/plain", b"again").await;
    let before = SystemTime::now() - Duration::from_secs(1_000);
    let swept = world.content.sweep(before, async |_: Vec<ContentDigest>| Ok::<_, ContentError>(Vec::new())).await;
    assert_eq!(swept.expect("the folder is read"), Swept::default());
}

#[tokio::test]
async fn what_is_put_over_a_folder_leaves_it_alone() {
    let world = World::new();
    let known = world.put("text/plain", b"known").await;
    let (before, over) = (world.files(), tempfile::tempdir().expect("a folder"));
    let above = world.content.over(over.path());
    let new = above.put("text/plain", b"new".to_vec()).await.expect("there is room").0;
    above.put("text/plain", b"known".to_vec()).await.expect("there is room");
    assert_eq!(above.get(known).await.expect("it is there"), b"known");
    assert_eq!(above.get(new).await.expect("it is there"), b"new");
    assert!(world.content.get(new).await.is_err());
    assert_eq!(world.files(), before);
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_refuses_leaves_nothing_half_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let kept = world.put("text/plain", b"kept").await;
    let place = world.folder.path().join("artifacts");
    // A file where the folder for unfinished ones should be is refused whoever runs the test; permissions are not, to root.
    std::fs::remove_dir_all(place.join(UNFINISHED)).expect("a folder");
    std::fs::write(place.join(UNFINISHED), "").expect("a file");
    let told = world.content.put("text/plain", b"more".to_vec()).await.expect_err("it cannot be written").to_string();
    assert!(told.contains("host.artifacts"), "{told}");
    assert_eq!(world.content.digests().await.expect("a folder"), [kept]);
    let mode = place.metadata().expect("a folder").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
