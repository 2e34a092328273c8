//! From names to addresses, with the guard in between: the addresses that were checked are the ones that are dialled, so that a name
//! which changes its mind between check and connection (DNS rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::ranges;

/// Where addresses of names come from.
#[async_trait]
pub trait Names: Send + Sync {
    /// Returns all addresses of a name.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Which addresses a client may dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dial {
    /// Public ones.
    Public,
    /// Private ones too.
    Private,
    /// Any: the operator configured the peer.
    Any,
}

/// The resolver of a client.
pub(crate) struct Guard {
    pub(crate) names: Arc<dyn Names>,
    pub(crate) dial: Dial,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, dial) = (Arc::clone(&self.names), self.dial);
        Box::pin(async move {
            let found = names.addresses(name.as_str()).await?;
            if dial != Dial::Any {
                ranges::check(name.as_str(), &found, dial == Dial::Private)?;
            }
            if found.is_empty() {
                return Err("the name has no address".into());
            }
            // Port 0 leaves the port to the address asked for.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
