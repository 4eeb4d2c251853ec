//! A Unix socket, and the file by which clients find it.
//!
//! Not here: everything else about listening (`listen`). Invariant: a file is only removed if it is a
//! socket that nobody listens on, or the one that was made here.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf, absolute};

use tokio::net::UnixListener;

/// A socket whose file is removed when it is dropped.
pub(super) struct UnixSocket {
    // Dropped first: until then nobody else's file can be taken for this one.
    _file: Option<File>,
    pub(super) listener: UnixListener,
}

impl UnixSocket {
    /// Listens on a path. A file that an earlier server has left there is replaced.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        let bound = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                remove_stale(path)?;
                UnixListener::bind(path)
            }
            bound => bound,
        };
        Ok(Self { listener: bound?, _file: File::find(path) })
    }
}

/// Removes a socket's file if nobody listens on it.
fn remove_stale(path: &Path) -> io::Result<()> {
    // Of the link, if it is one.
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        let text = "there is a file that is not a socket";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    // A socket of another kind can't connect, and so disturbs nobody. The error says what is there.
    match UnixDatagram::unbound()?.connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "another server listens there")),
    }
}

/// The file of a socket, whatever the working directory is later.
struct File {
    path: PathBuf,
    metadata: Metadata,
}

impl File {
    fn find(path: &Path) -> Option<Self> {
        let path = absolute(path).ok()?;
        let metadata = fs::symlink_metadata(&path).ok()?;
        Some(Self { path, metadata })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Another server may have one of its own there by now.
        let place = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        if fs::symlink_metadata(&self.path).is_ok_and(|now| place(&now) == place(&self.metadata)) {
            // If it can't be removed, the next server does that.
            let _ = fs::remove_file(&self.path);
        }
    }
}
