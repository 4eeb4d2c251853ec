//! The templates of services that are nested with `nest_service`.
//!
//! axum keeps them in an extension of a private type, and only its own routers read it: one inside such a
//! service puts it before the templates of its own routes. So a small router is given a copy of the
//! extensions, and what it makes of them is taken apart. All that is there of other routes is in `template`.
//! Invariant: the request's own extensions stay as they are.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, NestedPath, Request};
use axum::response::Response;
use http::{Extensions, Uri};
use tower_service::Service;

/// What the inner router calls everything. As a part of a template it says that anything may follow.
const REST: &str = "/{*rest}";

/// What is remembered of one service.
struct Known {
    service: u64,
    /// Where the router is nested, since one router may be nested in several places.
    nested: Option<NestedPath>,
    template: Option<MatchedPath>,
}

/// Services that a thread remembers. Others with the same place take turns.
const PLACES: usize = 64;

thread_local! {
    static KNOWN: RefCell<Vec<Option<Known>>> = const { RefCell::new(Vec::new()) };
}

/// The template of a service that has no matched path: nested, or a fallback, which has none.
pub(super) fn template(service: u64, extensions: &Extensions) -> Option<MatchedPath> {
    let nested = extensions.get::<NestedPath>();
    let place = (service % PLACES as u64) as usize;
    let known = KNOWN.try_with(|known| {
        let known = known.try_borrow().ok()?;
        let known = known.get(place)?.as_ref()?;
        let is_same = known.service == service
            && known.nested.as_ref().map(NestedPath::as_str) == nested.map(NestedPath::as_str);
        is_same.then(|| known.template.clone())
    });
    if let Ok(Some(template)) = known {
        return template;
    }

    let template = ask(extensions);
    let known = Known { service, nested: nested.cloned(), template: template.clone() };
    let _ = KNOWN.try_with(|places| {
        if let Ok(mut places) = places.try_borrow_mut() {
            places.resize_with(PLACES, || None);
            places[place] = Some(known);
        }
    });
    template
}

/// The template as a router inside sees it.
#[cold]
fn ask(extensions: &Extensions) -> Option<MatchedPath> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static("/any");
    *request.extensions_mut() = extensions.clone();
    let mut inside: Router = Router::new().route_service(REST, Inside);
    let mut answer = pin!(inside.call(request));
    let Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    else {
        return None;
    };
    let matched = response.extensions().get::<MatchedPath>()?;
    // That of the inner router alone: it is not nested.
    (matched.as_str() != REST).then(|| matched.clone())
}

/// Returns what the inner router has made of the extensions.
#[derive(Clone)]
struct Inside;

impl Service<Request> for Inside {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut response = Response::new(Body::empty());
        if let Some(matched) = request.extensions().get::<MatchedPath>() {
            response.extensions_mut().insert(matched.clone());
        }
        ready(Ok(response))
    }
}
