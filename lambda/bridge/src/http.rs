//! One kept HTTP/1.1 connection to one server, with TLS or without: the Runtime API and Secrets Manager need no more.

use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::HeaderMap;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::client::conn::http1::SendRequest;
use hyper::rt::Read;
use hyper::rt::Write;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;

/// The largest answer that is read: an SQS event has at most 6 MiB.
const LARGEST: usize = 8 * 1024 * 1024;

/// Why an exchange failed, as a sentence.
pub type HttpError = String;

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A server, and the connection to it while it lives.
pub struct Server {
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Server {
    /// The server of `http://host:port`, `https://host`; what follows the host is not looked at.
    ///
    /// # Errors
    /// It is no such address.
    pub fn at(url: &str) -> Result<Self, HttpError> {
        let wrong = || format!("expected http://host:port or https://host, found `{url}`");
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let authority = rest.split('/').next().unwrap_or_default();
        let (tls, default_port) = match scheme {
            "http" => (None, 80),
            "https" => (Some(tls()?), 443),
            _ => return Err(wrong()),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (authority, default_port),
        };
        if host.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            tls,
            sender: None,
        })
    }

    /// The `Host` header: without the port that goes without saying.
    pub fn authority(&self) -> String {
        let implied = if self.tls.is_some() { 443 } else { 80 };
        if self.port == implied {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Sends one request and reads its answer. Nothing is repeated.
    ///
    /// # Errors
    /// The server cannot be reached, or broke off before its answer was whole.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, HttpError> {
        let mut sender = match self.sender.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let place = self.authority();
        let failed = |error: hyper::Error| format!("{place}: {error}");
        sender.ready().await.map_err(failed)?;
        let response = sender.send_request(request).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST).collect().await;
        let body = body.map_err(|error| format!("{place}: {error}"))?.to_bytes();
        self.sender = Some(sender);
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, HttpError> {
        let failed = |error: std::io::Error| format!("connecting to {}:{}: {error}", self.host, self.port);
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        match &self.tls {
            None => self.speak(TokioIo::new(stream)).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone());
                let name = name.map_err(|_| format!("`{}` is no host name", self.host))?;
                let stream = tls.connect(name, stream).await.map_err(failed)?;
                self.speak(TokioIo::new(stream)).await
            }
        }
    }

    async fn speak<I>(&self, stream: I) -> Result<SendRequest<Full<Bytes>>, HttpError>
    where
        I: Read + Write + Unpin + Send + 'static,
    {
        let shaken = http1::handshake(stream).await;
        let (sender, connection) = shaken.map_err(|error| format!("{}: {error}", self.authority()))?;
        // How the connection ended shows at the next request.
        tokio::spawn(async {
            let _ = connection.await;
        });
        Ok(sender)
    }
}

/// TLS with the public authorities, compiled in: the image's own list may be old or absent.
fn tls() -> Result<TlsConnector, HttpError> {
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_host_header_leaves_out_the_port_that_goes_without_saying() {
        let authority = |url| Server::at(url).map(|server| server.authority());
        assert_eq!(authority("http://127.0.0.1:9001").unwrap(), "127.0.0.1:9001");
        assert_eq!(authority("https://a.example/path").unwrap(), "a.example");
        assert_eq!(authority("https://a.example:443").unwrap(), "a.example");
        for wrong in ["a.example", "ftp://a", "http://", "http://a:b"] {
            assert!(authority(wrong).is_err(), "{wrong}");
        }
    }
}
