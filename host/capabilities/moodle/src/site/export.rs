//! Fetching a site's calendar export.

use beadle_egress::{EgressError, ServiceRequest};

use super::Site;
use crate::calendar::{self, Said};
use crate::clock;
use crate::failure::Failure;

impl Site {
    /// Fetches the calendar export, iCalendar text as the site sent it. It needs no account and no web services: its address holds a
    /// token of its own.
    ///
    /// # Errors
    /// See [`Failure`]; no text shows the address.
    pub async fn calendar_export(&self) -> Result<String, Failure> {
        let Some(export) = &self.export else {
            return Err(Failure::Denied(format!(
                "site {name} has no address of its calendar export; under [sites.{name}] write: calendar = {{ env = \"MOODLE_CALENDAR\" }}",
                name = self.name
            )));
        };
        self.circuit.check().map_err(|why| self.away(&why))?;
        let (mut target, mut first) = (export.target(), true);
        loop {
            let sent = self.clock.here();
            let answer = self.service.send(ServiceRequest::get("calendar export", target.clone())).await;
            let answer = answer.map_err(|error| self.unanswered(error))?;
            let date = clock::date(&answer);
            match calendar::read(answer) {
                Said::Calendar(text) => {
                    self.circuit.good();
                    if let Some(date) = date {
                        self.clock.heard(&self.name, date, sent);
                    }
                    return Ok(self.desk.without_keys(text));
                }
                Said::Away { why, wait } => {
                    self.circuit.away(&why, wait);
                    return Err(self.away(&why));
                }
                // The operator may have put another address into its file meanwhile.
                Said::Refused(why) => match export.renewed() {
                    Some(other) if std::mem::take(&mut first) && other != target => target = other,
                    _ => {
                        tracing::debug!(site = %self.name, %why, "the calendar export is refused");
                        return Err(self.away(&why));
                    }
                },
            }
        }
    }

    fn away(&self, why: &str) -> Failure {
        Failure::Unavailable(format!("site {}: {}", self.name, self.redactor.redact(why)))
    }

    /// Says why a request has no answer.
    fn unanswered(&self, error: EgressError) -> Failure {
        match error {
            EgressError::Unavailable { problem, .. } => {
                self.circuit.away(&problem, None);
                self.away(&problem)
            }
            EgressError::TooLarge { .. } => {
                Failure::Invalid(format!("{error}; raise answer-limit under [sites.{}]", self.name))
            }
            error => Failure::Invalid(error.to_string()),
        }
    }
}
