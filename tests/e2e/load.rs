//! The load of the pipeline example, while a test needs it.

use std::sync::Arc;

use crate::pipeline::Pipeline;
use crate::server::Background;
use crate::{listeners, traffic};

/// Sends requests and keeps clients connected until it is dropped.
pub struct Load {
    _runtime: Background,
}

impl Load {
    pub fn start(pipeline: &Pipeline, rate: u32) -> Self {
        let runtime = Background::new();
        let (gateway, auth) = (pipeline.gateway.address, pipeline.auth.address);
        runtime.get().spawn(traffic::run(gateway, auth, rate, Arc::default()));
        runtime.get().spawn(listeners::run(pipeline.socket.address));
        Self { _runtime: runtime }
    }
}
