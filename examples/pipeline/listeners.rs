//! Clients that connect by WebSocket, listen, and leave, with or without closing the connection.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_tungstenite::connect_async;

const LISTENERS: u64 = 12;

/// Keeps some clients connected until it is dropped.
pub async fn run(socket: SocketAddr) {
    let mut listeners: JoinSet<()> = (0..LISTENERS).map(|n| listen(socket, n)).collect();
    while listeners.join_next().await.is_some() {}
}

async fn listen(socket: SocketAddr, n: u64) {
    for visit in n.. {
        if let Ok((mut connection, _)) = connect_async(format!("ws://{socket}/connect")).await {
            // Pings are answered while we read.
            let read = async { while connection.next().await.is_some_and(|read| read.is_ok()) {} };
            let stay = Duration::from_secs(5 + (visit * 7) % 11);
            let _ = tokio::time::timeout(stay, read).await;
            if visit % 3 > 0 {
                let _ = connection.close(None).await;
            } // else it is dropped, as by a phone in a tunnel
        }
        sleep(Duration::from_millis(500)).await;
    }
}
