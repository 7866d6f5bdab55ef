//! A bucket whose calls go wrong as a plan says.

use super::fault_plan::{Crashed, Fault, FaultPlan};
use futures_util::FutureExt;
use promote_port::layer::{Around, Call, Layer, Method, Pending};
use promote_port::port::{Bucket, ErrorKind, ProviderError};
use std::sync::Arc;

/// Loses requests and answers, and dies, at the calls that its [`FaultPlan`] names. `expires` passes by: most stores need no
/// request for it.
#[derive(Debug, Clone)]
pub struct Faulty {
    plan: FaultPlan,
}

impl Faulty {
    /// Puts the layer around a bucket. Several buckets can share one plan.
    pub fn around(inner: Arc<dyn Bucket>, plan: FaultPlan) -> Around<Self> {
        Around::new(inner, Self { plan })
    }

    /// Sends the request as far as a request on its way has come: it is begun, but has not arrived.
    async fn send_off<T: Send + 'static>(&self, mut call: Pending<T>) {
        let request = match futures_util::poll!(&mut call) {
            std::task::Poll::Ready(end) => std::future::ready(end.map(drop)).boxed(),
            std::task::Poll::Pending => call.map(|end| end.map(drop)).boxed(),
        };
        self.plan.hold(request);
    }
}

fn dead(call: Call<'_>) -> ProviderError {
    call.error(ErrorKind::Unknown, "no request is sent any more").caused_by(Crashed)
}

impl Layer for Faulty {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if call.method == Method::Expires {
            return send().await;
        }
        let fault = self.plan.next().map_err(|Crashed| dead(call))?;
        if fault == Some(Fault::Repeated) {
            self.send_off(send()).await;
        }
        let request = send();
        let lost = || call.error(ErrorKind::Unknown, "the answer was lost");
        let end = match fault {
            None | Some(Fault::Repeated) => request.await,
            Some(Fault::RequestLost(kind)) => Err(call.error(kind, "the request was lost")),
            Some(Fault::AnswerLost) => {
                drop(request.await);
                Err(lost())
            }
            Some(Fault::Late) => {
                self.send_off(request).await;
                Err(lost())
            }
            Some(Fault::CrashBefore) => {
                self.plan.crash();
                Err(dead(call))
            }
            Some(Fault::CrashAfter) => {
                drop(request.await);
                self.plan.crash();
                Err(dead(call))
            }
            Some(Fault::CrashInFlight) => {
                self.send_off(request).await;
                self.plan.crash();
                Err(dead(call))
            }
        };
        // Somebody else's call may have been the last one of this process.
        if self.plan.crashed() { Err(dead(call)) } else { end }
    }
}
