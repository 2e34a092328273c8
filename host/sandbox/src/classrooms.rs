//! A poller's `classrooms`, answered by the mapper the operator chose.

use std::time::Instant;

use beadle_plan::FailureKind;
use wasmtime::component::{HasSelf, Linker};

use crate::view::View;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/classrooms",
        world: "uses-classrooms",
        imports: { default: async | trappable },
    });
}

use generated::beadle::classrooms::classrooms as wit;

/// Adds the interface to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<View>) -> wasmtime::Result<()> {
    wit::add_to_linker::<View, HasSelf<View>>(linker, |view| view)
}

impl wit::Host for View {
    async fn locate(
        &mut self,
        addresses: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Option<wit::Place>>, wit::Error>> {
        self.stage.call()?;
        let Some(mapper) = self.configured.mapper.clone() else {
            let name = &self.configured.name;
            let message =
                format!("plugin {name} has no mapper; to allow it write under [plugins.{name}]: mapper = \"…\"");
            return Ok(Err(wit::Error::Denied(message)));
        };
        let began = Instant::now();
        let asked = addresses.len() as u64;
        let answer = mapper.locate(addresses, self.depth + 1).await;
        let error = answer.as_ref().err().map(|failure| failure.message.clone());
        self.stage.read(format!("classrooms:{}", mapper.name()), began.elapsed(), asked, error);
        match answer {
            Ok(places) => {
                self.stage.respond(places.iter().flatten().map(|place| place.name.len() + 8).sum())?;
                Ok(Ok(places
                    .into_iter()
                    .map(|place| place.map(|place| wit::Place { name: place.name, room: place.room }))
                    .collect()))
            }
            Err(failure) => Ok(Err(match failure.kind {
                FailureKind::Denied => wit::Error::Denied(failure.message),
                FailureKind::Invalid => wit::Error::Invalid(failure.message),
                _ => wit::Error::Unavailable(failure.message),
            })),
        }
    }
}
