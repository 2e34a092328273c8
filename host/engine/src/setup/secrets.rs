//! The secrets that a setup was made with, so that one which was replaced in its file is noticed.

use std::collections::BTreeMap;

use beadle_config::SecretRef;
use secrecy::{ExposeSecret as _, SecretString};

use super::Inputs;
use crate::problem::SetupProblem;

/// Secrets, by where the configuration names them.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// Reads a secret.
    pub(super) fn read(
        &mut self,
        path: &[&str],
        secret: &SecretRef,
        inputs: &Inputs<'_>,
    ) -> Result<SecretString, SetupProblem> {
        let value = secret.resolve(inputs.env).map_err(|error| SetupProblem::new(path, error.to_string()))?;
        self.0.insert(path.join("."), value.clone());
        Ok(value)
    }

    /// Tells whether a secret was the same before.
    pub(super) fn same(&self, before: &Self, path: &[&str]) -> bool {
        let value = |secrets: &Self| secrets.0.get(&path.join(".")).map(|value| value.expose_secret().to_owned());
        value(self) == value(before)
    }

    /// Names those that differ.
    pub(super) fn replaced(&self, before: &Self) -> Vec<String> {
        let other = |path: &&String| before.0.contains_key(*path) && !self.same(before, &[path.as_str()]);
        self.0.keys().filter(other).cloned().collect()
    }
}
