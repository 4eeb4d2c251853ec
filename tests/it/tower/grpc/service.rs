//! A gRPC service as tonic's generator writes it, but by hand, and its client. Messages are texts, which say what
//! the server is to do.

use std::convert::Infallible;
use std::future::pending;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use http::uri::PathAndQuery;
use prost::bytes::{Buf, BufMut};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::server::{NamedService, ServerStreamingService, UnaryService};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tower::Service;

#[derive(Clone)]
pub(super) struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "shop.v1.Orders";
}

impl Service<http::Request<Body>> for Orders {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(Texts);
            Ok(match request.uri().path() {
                "/shop.v1.Orders/Place" => grpc.unary(Place, request).await,
                "/shop.v1.Orders/List" => grpc.server_streaming(List, request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}

struct Place;

impl UnaryService<String> for Place {
    type Response = String;
    type Future = BoxFuture<'static, Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        Box::pin(async move {
            match request.get_ref().as_str() {
                "not found" => Err(Status::not_found("no such order")),
                "unauthenticated" => Err(Status::unauthenticated("who are you?")),
                "panic" => panic!("on purpose, in a method"),
                "wait" => pending().await,
                _ => Ok(Response::new("placed".to_owned())),
            }
        })
    }
}

struct List;

impl ServerStreamingService<String> for List {
    type Response = String;
    type ResponseStream = BoxStream<'static, Result<String, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let first = stream::iter([Ok("first".to_owned())]);
        let rest = match request.get_ref().as_str() {
            "fail" => stream::iter([Err(Status::data_loss("torn"))]).boxed(),
            "endless" => stream::pending().boxed(),
            "panic" => stream::once(async { panic!("on purpose, in a stream") }).boxed(),
            _ => stream::empty().boxed(),
        };
        Box::pin(async move { Ok(Response::new(first.chain(rest).boxed())) })
    }
}

/// A client for any method, also of services that are not there.
#[derive(Clone)]
pub(super) struct Client(tonic::client::Grpc<Channel>);

impl Client {
    pub(super) async fn connect(server: std::net::SocketAddr) -> Self {
        let channel = Channel::from_shared(format!("http://{server}")).unwrap().connect().await;
        Self(tonic::client::Grpc::new(channel.unwrap()))
    }

    pub(super) async fn unary(&mut self, path: &'static str, text: &str) -> Result<String, Status> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::from_static(path);
        let answer = self.0.unary(Request::new(text.to_owned()), path, Texts).await?;
        Ok(answer.into_inner())
    }

    pub(super) async fn list(&mut self, text: &str) -> Result<Streaming<String>, Status> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::from_static("/shop.v1.Orders/List");
        let answer = self.0.server_streaming(Request::new(text.to_owned()), path, Texts).await?;
        Ok(answer.into_inner())
    }
}

/// Messages that are texts and nothing else.
#[derive(Clone, Copy, Default)]
struct Texts;

impl Codec for Texts {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Texts {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Texts {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining()).to_vec();
        String::from_utf8(bytes).map(Some).map_err(|_| Status::internal("no text"))
    }
}
