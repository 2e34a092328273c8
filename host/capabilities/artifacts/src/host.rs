//! The contract's functions, on a view of one run.

use std::collections::HashSet;
use std::time::Instant as Timer;

use beadle_plan::{ContentDigest, Grants, LONGEST_KEY, Reference, Stage};
use beadle_store::{Artifacts, KeptReference, ReferenceFilter};
use wasmtime::component::{HasData, Linker};

use crate::content::LARGEST;
use crate::grant::{Right, may};
use crate::{Content, ContentError};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/artifacts",
        world: "uses-artifacts",
        imports: { default: async | trappable },
    });
}

use generated::beadle::artifacts::artifacts as wit;

/// The longest name and media type, in bytes.
const NAME: usize = 500;

/// The most subjects of one artifact.
const SUBJECTS: usize = 10_000;

/// The most bytes that a run may put.
const MOST: usize = 512 << 20;

/// The most references that are returned at once.
const REFERENCES: u32 = 10_000;

/// What a run has put.
#[derive(Debug, Default)]
pub struct ArtifactsRun {
    put: HashSet<ContentDigest>,
    bytes: usize,
    /// Where a dry run puts what it keeps.
    temporary: Option<(tempfile::TempDir, Content)>,
}

impl ArtifactsRun {
    /// Returns where a dry run keeps contents until it ends: over those that are kept.
    fn temporary(&mut self, kept: &Content) -> Result<Content, ContentError> {
        if let Some((_, content)) = &self.temporary {
            return Ok(content.clone());
        }
        let folder = tempfile::tempdir().map_err(|error| ContentError::Disk { path: std::env::temp_dir(), error })?;
        let content = kept.over(folder.path());
        self.temporary = Some((folder, content.clone()));
        Ok(content)
    }
}

/// The artifacts as one run sees them.
pub struct ArtifactsView<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// The run's site; empty where there is none.
    pub site: &'a str,
    /// What is granted.
    pub grants: &'a Grants,
    /// Where contents are kept; none in a host that keeps none.
    pub content: Option<&'a Content>,
    /// What was committed.
    pub store: &'a dyn Artifacts,
    /// What the run has put.
    pub run: &'a mut ArtifactsRun,
    /// Where references are staged.
    pub stage: &'a mut Stage,
}

struct HasArtifacts<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasArtifacts<T> {
    type Data<'a> = ArtifactsView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> ArtifactsView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasArtifacts<T>>(linker, view)
}

fn unavailable(error: impl ToString) -> wit::Error {
    wit::Error::Unavailable(error.to_string())
}

impl ArtifactsView<'_> {
    fn allowed(&self, right: Right) -> Result<(), wit::Error> {
        may(self.plugin, self.grants, right).map_err(|denial| wit::Error::Denied(denial.to_string()))
    }

    async fn keep(&mut self, artifact: wit::Artifact) -> Result<(ContentDigest, Vec<Reference>), wit::Error> {
        let artifact = keepable(artifact).map_err(wit::Error::Invalid)?;
        self.run.bytes = self.run.bytes.saturating_add(artifact.content.len());
        if self.run.bytes > MOST {
            return Err(wit::Error::Invalid(format!("a run puts at most {} MiB", MOST >> 20)));
        }
        let none = || wit::Error::Unavailable("this host keeps no artifacts".to_owned());
        let kept = self.content.ok_or_else(none)?;
        let content = match self.stage.dry() {
            true => self.run.temporary(kept).map_err(unavailable)?,
            false => kept.clone(),
        };
        let (digest, size) = content.put(&artifact.media_type, artifact.content).await.map_err(unavailable)?;
        self.run.put.insert(digest);
        let refer = |subject| Reference {
            subject,
            name: artifact.name.clone(),
            media_type: artifact.media_type.clone(),
            digest,
            size,
        };
        Ok((digest, artifact.subjects.into_iter().map(refer).collect()))
    }

    async fn content(&self, digest: &str) -> Result<Vec<u8>, wit::Error> {
        let digest: ContentDigest =
            digest.parse().map_err(|error: beadle_plan::NoDigest| wit::Error::Invalid(error.to_string()))?;
        let readable =
            self.run.put.contains(&digest) || self.store.refers(self.site, digest).await.map_err(unavailable)?;
        let temporary = self.run.temporary.as_ref().map(|(_, content)| content);
        match temporary.or(self.content).filter(|_| readable) {
            Some(content) => content.get(digest).await.map_err(unavailable),
            None => Err(unavailable(ContentError::Missing(digest))),
        }
    }
}

impl wit::Host for ArtifactsView<'_> {
    async fn put(&mut self, artifacts: Vec<wit::Artifact>) -> wasmtime::Result<Vec<Result<String, wit::Error>>> {
        self.stage.call()?;
        let mut answers = Vec::with_capacity(artifacts.len());
        for artifact in artifacts {
            let kept = match self.allowed(Right::Put) {
                Ok(()) => self.keep(artifact).await,
                Err(error) => Err(error),
            };
            answers.push(match kept {
                Ok((digest, references)) => {
                    for reference in references {
                        self.stage.refer(reference)?;
                    }
                    Ok(digest.to_string())
                }
                Err(error) => Err(error),
            });
        }
        Ok(answers)
    }

    async fn get(&mut self, digest: String) -> wasmtime::Result<Result<Vec<u8>, wit::Error>> {
        self.stage.call()?;
        if let Err(error) = self.allowed(Right::Get) {
            return Ok(Err(error));
        }
        let began = Timer::now();
        let answer = self.content(&digest).await;
        let size = answer.as_ref().map_or(0, Vec::len);
        self.stage.read(
            "artifacts",
            began.elapsed(),
            size as u64,
            answer.as_ref().err().map(|error| format!("{error:?}")),
        );
        self.stage.respond(size)?;
        Ok(answer)
    }

    async fn references(&mut self, subject: String) -> wasmtime::Result<Result<Vec<wit::Reference>, wit::Error>> {
        self.stage.call()?;
        if let Err(error) = self.allowed(Right::Get) {
            return Ok(Err(error));
        }
        let filter = ReferenceFilter {
            site: Some(self.site.to_owned()),
            subject: Some(subject),
            superseded: false,
            limit: REFERENCES,
        };
        let mut references = match self.store.references(&filter).await {
            Ok(references) => references,
            Err(error) => return Ok(Err(unavailable(error))),
        };
        references.sort_by(|one, other| one.reference.name.cmp(&other.reference.name));
        let told: Vec<wit::Reference> = references.into_iter().map(tell).collect();
        self.stage.respond(told.iter().map(|one| one.name.len() + one.media_type.len() + 100).sum())?;
        Ok(Ok(told))
    }
}

fn tell(kept: KeptReference) -> wit::Reference {
    wit::Reference {
        name: kept.reference.name,
        media_type: kept.reference.media_type,
        digest: kept.reference.digest.to_string(),
        size: kept.reference.size,
        kept: u64::try_from(kept.kept_at.millis()).unwrap_or_default(),
    }
}

/// Refuses what cannot be kept.
fn keepable(artifact: wit::Artifact) -> Result<wit::Artifact, String> {
    let text = |what: &str, text: &str, longest: usize| match text.len() {
        0 => Err(format!("{what} is empty")),
        _ if text.contains('\0') => Err(format!("{what} {text:?} holds the character NUL")),
        length if length > longest => Err(format!("{what} is {length} bytes long; at most {longest} are kept")),
        _ => Ok(()),
    };
    text("the name of an artifact", &artifact.name, NAME)?;
    text("the media type of an artifact", &artifact.media_type, NAME)?;
    if artifact.subjects.is_empty() || artifact.subjects.len() > SUBJECTS {
        return Err(format!(
            "artifact {:?} has {} subjects; 1 to {SUBJECTS} are right",
            artifact.name,
            artifact.subjects.len()
        ));
    }
    artifact.subjects.iter().try_for_each(|subject| text("the subject of an artifact", subject, LONGEST_KEY))?;
    if artifact.content.len() > LARGEST {
        let size = artifact.content.len().div_ceil(1 << 20);
        return Err(format!("artifact {:?} has {size} MiB; at most {} are kept", artifact.name, LARGEST >> 20));
    }
    Ok(artifact)
}
