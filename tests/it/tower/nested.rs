//! Routes of services that are nested, in which axum shows no matched path.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use caas_metrics::tower::UNMATCHED;
use http::{Method, Request, Response};
use tower::service_fn;
use tower_http::services::ServeDir;

use super::{Log, status};

/// The routes that the layer saw.
fn routes(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.0.lock().unwrap()).into_iter().map(|recorded| recorded.1).collect()
}

fn files() -> ServeDir {
    ServeDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tower"))
}

#[tokio::test]
async fn a_nested_service_is_its_prefix_and_the_rest() {
    let log = Log::default();
    let app = Router::new()
        .nest_service("/static", files())
        .nest_service("/{tenant}/files", files())
        .route_service("/one/{file}", files())
        .layer(log.layer());
    // Twice, since the first request is another way than those that follow.
    for _ in 0..2 {
        assert_eq!(status(&app, Method::GET, "/static/nested.rs").await, 200);
        assert_eq!(status(&app, Method::GET, "/static/no/such/file").await, 404);
        assert_eq!(status(&app, Method::GET, "/acme/files/nested.rs").await, 200);
        assert_eq!(status(&app, Method::GET, "/one/missing").await, 404);
        assert_eq!(status(&app, Method::GET, "/staticky").await, 404);
        let expected =
            ["/static/{*rest}", "/static/{*rest}", "/{tenant}/files/{*rest}", "/one/{file}"];
        let routes = routes(&log);
        assert_eq!(routes[..4], expected);
        assert_eq!(routes[4], UNMATCHED);
    }
    for _ in 0..2 {
        status(&app, Method::GET, "/static").await;
        status(&app, Method::GET, "/static/").await;
        assert_eq!(routes(&log), ["/static", "/static/"]);
    }
}

/// The layer goes around routers at any depth, and around one that is nested in several places.
#[tokio::test]
async fn layers_inside_of_nested_routers_see_the_whole_template() {
    let log = Log::default();
    let inner = Router::new()
        .route("/users/{id}", get("a user"))
        .nest_service("/static", files())
        .fallback("nothing here")
        .layer(log.layer());
    let app: Router = Router::new()
        .nest("/api", inner.clone())
        .nest_service("/v1", inner.clone())
        .nest_service("/v2/{tenant}", inner);
    for _ in 0..2 {
        for path in ["users/7", "static/nested.rs", "other"] {
            for prefix in ["/api", "/v1", "/v2/acme"] {
                status(&app, Method::GET, &format!("{prefix}/{path}")).await;
            }
        }
        assert_eq!(
            routes(&log),
            [
                "/api/users/{id}",
                "/v1/users/{id}",
                "/v2/{tenant}/users/{id}",
                "/api/static/{*rest}",
                "/v1/static/{*rest}",
                "/v2/{tenant}/static/{*rest}",
                UNMATCHED,
                "/v1/{*rest}",
                "/v2/{tenant}/{*rest}",
            ]
        );
    }
}

/// More services than a thread remembers.
#[tokio::test]
async fn many_services_do_not_mix() {
    let log = Log::default();
    let paths: Vec<String> = (0..80).map(|n| format!("/service{n}")).collect();
    let nest = |app: Router, path: &String| app.nest_service(path, files());
    let app = paths.iter().fold(Router::new(), nest).layer(log.layer());
    for _ in 0..2 {
        for path in &paths {
            status(&app, Method::GET, &format!("{path}/nested.rs")).await;
        }
        let expected: Vec<_> = paths.iter().map(|path| format!("{path}/{{*rest}}")).collect();
        assert_eq!(routes(&log), expected);
    }
}

/// A router inside of a nested service has its own templates, which are not visible from outside.
#[tokio::test]
async fn a_router_as_a_service_is_one_route_from_outside() {
    let log = Log::default();
    let inner = Router::new().route("/users/{id}", get("a user"));
    let app = Router::new().nest_service("/api", inner).layer(log.layer());
    assert_eq!(status(&app, Method::GET, "/api/users/7").await, 200);
    assert_eq!(status(&app, Method::GET, "/api/nothing").await, 404);
    assert_eq!(routes(&log), ["/api/{*rest}", "/api/{*rest}"]);
}

/// What the layer looks at, the service gets as it came: a router inside still finds its own template.
#[tokio::test]
async fn the_request_stays_as_it_is() {
    use axum::extract::{MatchedPath, Path};

    let seen = async |path: MatchedPath, Path(values): Path<Vec<(String, String)>>| {
        format!("{} {values:?}", path.as_str())
    };
    let inner = Router::new().route("/users/{id}", get(seen));
    let app = Router::new().nest_service("/{tenant}", inner).layer(Log::default().layer());
    let request = Request::get("/acme/users/7").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 999).await.unwrap();
    assert_eq!(body, "/{tenant}/users/{id} [(\"tenant\", \"acme\"), (\"id\", \"7\")]");
}

/// Around a whole router there are no templates, so nothing is known.
#[tokio::test]
async fn around_the_router_all_is_unmatched() {
    use tower::{Layer, ServiceExt};

    let log = Log::default();
    let around = log.layer().layer(Router::<()>::new().nest_service("/static", files()));
    let request = Request::get("/static/nested.rs").body(Body::empty()).unwrap();
    around.oneshot(request).await.unwrap();
    let plain =
        log.layer().layer(service_fn(async |_| Ok::<_, Infallible>(Response::new(String::new()))));
    plain.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(routes(&log), [UNMATCHED, UNMATCHED]);
}
