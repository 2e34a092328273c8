//! Which call a path is.

use axum::http::Method;

use super::limits::Route;
use super::refusal::Refusal;

/// A call with the ids of its path: channel or webhook, token, message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call<'a> {
    Me,
    Channel(&'a str),
    List(&'a str),
    Post(&'a str),
    Read(&'a str, &'a str),
    Edit(&'a str, &'a str),
    Delete(&'a str, &'a str),
    Webhook(&'a str, &'a str),
    WebhookPost(&'a str, &'a str),
    WebhookRead(&'a str, &'a str, &'a str),
    WebhookEdit(&'a str, &'a str, &'a str),
    WebhookDelete(&'a str, &'a str, &'a str),
}

impl<'a> Call<'a> {
    /// Reads a request line.
    pub(super) fn of(method: &Method, path: &'a str) -> Result<Self, Refusal> {
        let path = path.strip_prefix("/api/v10/").ok_or_else(Refusal::nowhere)?;
        let parts: Vec<&str> = path.split('/').collect();
        let reads = *method == Method::GET;
        match (method.as_str(), parts.as_slice()) {
            (_, ["users", "@me"]) if reads => Ok(Self::Me),
            (_, ["channels", id]) if reads => Ok(Self::Channel(id)),
            (_, ["channels", id, "messages"]) if reads => Ok(Self::List(id)),
            ("POST", ["channels", id, "messages"]) => Ok(Self::Post(id)),
            (_, ["channels", id, "messages", message]) if reads => Ok(Self::Read(id, message)),
            ("PATCH", ["channels", id, "messages", message]) => Ok(Self::Edit(id, message)),
            ("DELETE", ["channels", id, "messages", message]) => Ok(Self::Delete(id, message)),
            (_, ["webhooks", id, token]) if reads => Ok(Self::Webhook(id, token)),
            ("POST", ["webhooks", id, token]) => Ok(Self::WebhookPost(id, token)),
            (_, ["webhooks", id, token, "messages", message]) if reads => Ok(Self::WebhookRead(id, token, message)),
            ("PATCH", ["webhooks", id, token, "messages", message]) => Ok(Self::WebhookEdit(id, token, message)),
            ("DELETE", ["webhooks", id, token, "messages", message]) => Ok(Self::WebhookDelete(id, token, message)),
            (
                _,
                ["users", "@me"]
                | ["channels", _]
                | ["channels", _, "messages"]
                | ["channels", _, "messages", _]
                | ["webhooks", _, _]
                | ["webhooks", _, _, "messages", _],
            ) => Err(Refusal::method()),
            _ => Err(Refusal::nowhere()),
        }
    }

    /// Returns whether the bot makes it; webhooks need no more than their token.
    pub(super) fn by_bot(self) -> bool {
        self.webhook().is_none()
    }

    /// Returns id and token of the webhook that makes it.
    pub(super) fn webhook(self) -> Option<(&'a str, &'a str)> {
        match self {
            Self::Webhook(id, token)
            | Self::WebhookPost(id, token)
            | Self::WebhookRead(id, token, _)
            | Self::WebhookEdit(id, token, _)
            | Self::WebhookDelete(id, token, _) => Some((id, token)),
            _ => None,
        }
    }

    /// Returns which kind of bucket it counts for.
    pub(super) fn route(self) -> Route {
        match self {
            Self::Post(_) => Route::Post,
            Self::Edit(..) => Route::Edit,
            Self::Delete(..) => Route::Delete,
            Self::WebhookPost(..) | Self::WebhookEdit(..) | Self::WebhookDelete(..) => Route::Webhook,
            Self::Me
            | Self::Channel(_)
            | Self::List(_)
            | Self::Read(..)
            | Self::Webhook(..)
            | Self::WebhookRead(..) => Route::Read,
        }
    }

    /// Returns the id that the bucket is kept for.
    pub(super) fn of_id(self) -> &'a str {
        match self {
            Self::Me => "@me",
            Self::Channel(id)
            | Self::List(id)
            | Self::Post(id)
            | Self::Read(id, _)
            | Self::Edit(id, _)
            | Self::Delete(id, _)
            | Self::Webhook(id, _)
            | Self::WebhookPost(id, _)
            | Self::WebhookRead(id, ..)
            | Self::WebhookEdit(id, ..)
            | Self::WebhookDelete(id, ..) => id,
        }
    }

    /// Returns method and path as the specification writes them.
    pub(super) fn in_spec(self) -> (&'static str, &'static str) {
        const CHANNEL: &str = "/channels/{channel_id}";
        const MESSAGES: &str = "/channels/{channel_id}/messages";
        const MESSAGE: &str = "/channels/{channel_id}/messages/{message_id}";
        const WEBHOOK: &str = "/webhooks/{webhook_id}/{webhook_token}";
        const WEBHOOK_MESSAGE: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}";
        match self {
            Self::Me => ("get", "/users/@me"),
            Self::Channel(_) => ("get", CHANNEL),
            Self::List(_) => ("get", MESSAGES),
            Self::Post(_) => ("post", MESSAGES),
            Self::Read(..) => ("get", MESSAGE),
            Self::Edit(..) => ("patch", MESSAGE),
            Self::Delete(..) => ("delete", MESSAGE),
            Self::Webhook(..) => ("get", WEBHOOK),
            Self::WebhookPost(..) => ("post", WEBHOOK),
            Self::WebhookRead(..) => ("get", WEBHOOK_MESSAGE),
            Self::WebhookEdit(..) => ("patch", WEBHOOK_MESSAGE),
            Self::WebhookDelete(..) => ("delete", WEBHOOK_MESSAGE),
        }
    }
}
