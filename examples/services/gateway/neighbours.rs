//! The services that the gateway asks. If the address of one was not given, its step is skipped.

use axum::http::{StatusCode, Uri};
use caas_metrics::{counted, in_flight, timed};
use serde_json::json;

use crate::client::{Client, NoAnswer};
use crate::messages::{Message, Refused};

/// What a message costs.
const CENTS: u32 = 2;

pub struct Neighbours {
    auth: Option<Client>,
    billing: Option<Client>,
    socket: Option<Client>,
}

/// On the whole block: each of the three is timed and counted by how it ended.
#[timed]
#[counted]
#[in_flight]
impl Neighbours {
    /// Asks auth who owns a token.
    pub async fn verify(&self, token: Option<&str>) -> Result<(), Refused> {
        let Some(auth) = &self.auth else { return Ok(()) };
        let token = token.ok_or(Refused::NoToken)?;
        let (status, _) = auth.post("/verify", &json!({ "token": token })).await?;
        match status {
            StatusCode::OK => Ok(()),
            StatusCode::UNAUTHORIZED => Err(Refused::NoToken),
            _ => Err(Refused::Unavailable),
        }
    }

    /// Has billing charge the tenant for one message.
    pub async fn charge(&self, tenant_id: &str) -> Result<(), Refused> {
        let Some(billing) = &self.billing else { return Ok(()) };
        let charge = json!({ "tenant_id": tenant_id, "cents": CENTS });
        let (status, _) = billing.post("/charges", &charge).await?;
        match status {
            StatusCode::ACCEPTED => Ok(()),
            StatusCode::PAYMENT_REQUIRED => Err(Refused::NotPaid),
            _ => Err(Refused::Unavailable),
        }
    }

    /// Hands a message to socket, which sends it to all clients that are connected.
    pub async fn deliver(&self, message: &Message) -> Result<(), Refused> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let (status, _) = socket.post("/deliver", &json!(message)).await?;
        if status.is_success() { Ok(()) } else { Err(Refused::Unavailable) }
    }

    #[caas_metrics::skip]
    pub fn new(auth: Option<&Uri>, billing: Option<&Uri>, socket: Option<&Uri>) -> Self {
        let client = |uri: Option<&Uri>| uri.map(Client::new);
        Self { auth: client(auth), billing: client(billing), socket: client(socket) }
    }
}

/// Reads the address of a service, `http://HOST:PORT`.
pub fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    match (uri.scheme_str(), uri.authority(), uri.path()) {
        (Some("http"), Some(_), "/") => Ok(uri),
        _ => Err("write http://HOST:PORT".to_owned()),
    }
}

impl From<NoAnswer> for Refused {
    fn from(NoAnswer: NoAnswer) -> Self {
        Self::Unavailable
    }
}
