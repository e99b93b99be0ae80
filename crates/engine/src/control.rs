//! Orders to a running loop.

use tokio::sync::mpsc;

/// What a person may ask of a run that is being driven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Start nothing new; let what runs finish.
    Stop {
        /// Who, or which signal.
        by: String,
    },
    /// Leave at once. The journal is right; `resume` goes on.
    Detach,
}

/// The receiving end of orders.
#[derive(Debug)]
pub struct Control {
    orders: mpsc::UnboundedReceiver<Order>,
}

impl Control {
    /// A sender for signal handlers and servers, and the loop's end.
    pub fn channel() -> (mpsc::UnboundedSender<Order>, Self) {
        let (sender, orders) = mpsc::unbounded_channel();
        (sender, Self { orders })
    }

    /// A control that never gives an order.
    pub fn none() -> Self {
        Self::channel().1
    }

    /// An order that is there already.
    pub(crate) fn take(&mut self) -> Option<Order> {
        self.orders.try_recv().ok()
    }

    /// The next order; never returns when all senders are gone.
    pub(crate) async fn next(&mut self) -> Order {
        match self.orders.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }
}
