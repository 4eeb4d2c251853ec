//! A server of the test itself, on a free port of the loopback interface.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Serves until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    _runtime: Background,
}

impl Server {
    pub fn start(router: Router) -> Self {
        let runtime = Background::new();
        let listener = runtime.get().block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.get().spawn(async { axum::serve(listener, router).await });
        Self { address, _runtime: runtime }
    }
}

/// A runtime whose tasks are cut off when it is dropped, wherever they are.
pub struct Background(Option<Runtime>);

impl Background {
    pub fn new() -> Self {
        Self(Some(Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()))
    }

    pub fn get(&self) -> &Runtime {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
