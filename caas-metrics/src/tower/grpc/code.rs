//! The status codes of gRPC.
//!
//! Where a call's code is found is in `rpc`.
//! Invariant: any number and any HTTP status has a code.

use http::{HeaderMap, HeaderValue};

/// The code of a gRPC call. Its label values are those of Go, such as `OK`, `Canceled` and `NotFound`, which
/// go-grpc-middleware's metrics have too, so that dashboards for those work.
///
/// ```
/// use caas_metrics::{Label, tower::grpc::Code};
///
/// assert_eq!(Code::from_number(5), Code::NotFound);
/// assert_eq!(Code::from_number(99), Code::Unknown);
/// assert_eq!(Code::Canceled.text().to_string(), "Canceled");
/// ```
#[derive(caas_metrics_macros::Label, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[label(crate = crate, rename_all = "PascalCase")]
#[allow(missing_docs, reason = "https://grpc.io/docs/guides/status-codes has them")]
pub enum Code {
    #[label(rename = "OK")]
    Ok,
    Canceled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl Code {
    /// In the order of their numbers.
    const ALL: [Self; 17] = [
        Self::Ok,
        Self::Canceled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code of this number, `Unknown` for one that gRPC does not define.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self::ALL.get(number as usize).copied().unwrap_or(Self::Unknown)
    }

    /// What gRPC's specification makes of the status of a response without `grpc-status`.
    #[must_use]
    pub fn from_http_status(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// What `grpc-status` says, in the head or in trailers. `None` without one.
    #[must_use]
    pub fn in_headers(headers: &HeaderMap) -> Option<Self> {
        headers.get("grpc-status").map(Self::parse)
    }

    fn parse(value: &HeaderValue) -> Self {
        let number = value.to_str().ok().and_then(|text| text.parse().ok());
        number.map_or(Self::Unknown, Self::from_number)
    }

    /// Whether a server that answers so knows the method.
    pub(super) fn shows_that_the_method_exists(self) -> bool {
        !matches!(self, Self::Unimplemented | Self::Unauthenticated)
    }
}
