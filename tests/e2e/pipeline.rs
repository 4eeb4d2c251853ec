//! The four services that know each other, and requests to them one by one.

use std::net::SocketAddr;

use serde_json::json;

use crate::config::{Config, Target};
use crate::http::{Response, post_json, request};
use crate::process::version;
use crate::service::Service;

pub struct Pipeline {
    pub auth: Service,
    pub billing: Service,
    pub socket: Service,
    pub gateway: Service,
}

impl Pipeline {
    pub fn start() -> Self {
        let [auth, billing, socket] = ["auth", "billing", "socket"].map(|n| Service::start(n, &[]));
        let url = |service: &Service| format!("http://{}", service.address);
        let neighbours = [url(&auth), url(&billing), url(&socket)];
        let [a, b, s] = &neighbours;
        let arguments = ["--auth", a, "--billing", b, "--socket", s];
        let gateway = Service::start("gateway", &arguments);
        Self { auth, billing, socket, gateway }
    }

    pub fn all(&self) -> [(&'static str, &Service); 4] {
        [
            ("auth", &self.auth),
            ("billing", &self.billing),
            ("gateway", &self.gateway),
            ("socket", &self.socket),
        ]
    }

    pub fn targets(&self) -> Vec<Target> {
        let target = |(app, service): (&str, &Service)| Target {
            app: app.to_owned(),
            pod: format!("{app}-0"),
            address: service.admin,
        };
        self.all().map(target).into()
    }

    /// The shipped configuration that scrapes these each second.
    pub fn config(&self, alertmanager: Option<SocketAddr>, write_url: Option<&str>) -> Config {
        self.config_of("prometheus", alertmanager, write_url)
    }

    /// As `config`, for a certain Prometheus.
    pub fn config_of(
        &self,
        program: &str,
        alertmanager: Option<SocketAddr>,
        write_url: Option<&str>,
    ) -> Config {
        let mut config = Config::shipped().unwrap();
        config.version(version(program));
        config.every(1);
        config.targets(&self.targets());
        config.alertmanager(alertmanager);
        config.remote_write(write_url);
        config
    }

    /// Logs a user in; returns the token.
    pub fn login(&self) -> String {
        let answer = self.try_login("ada", "lovelace");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub fn try_login(&self, user: &str, password: &str) -> Response {
        let credentials = json!({ "user": user, "password": password });
        post_json(self.auth.address, "/login", &credentials.to_string())
    }

    /// Sends a chat message; returns the status.
    pub fn send(&self, token: &str, tenant: &str, text: &str) -> u16 {
        let body = json!({ "tenant_id": tenant, "type": "chat", "text": text }).to_string();
        let bearer = format!("Bearer {token}");
        let headers = [("content-type", "application/json"), ("authorization", &bearer)];
        request(self.gateway.address, "POST", "/messages", &headers, &body).status
    }
}
