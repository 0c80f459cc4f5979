//! How providers did lately, by the books.

use plyrum_billing_client::MicroRub;
use plyrum_protocol::Fault;

/// What a provider's requests of the last day came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderHealth {
    /// Which.
    pub provider: String,
    /// Requests.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those whose stream broke off.
    pub cut: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// Those that repeated an earlier one.
    pub retries: u64,
    /// What they were charged.
    pub cost: MicroRub,
    /// How many of them are not in it, since their price is not known.
    pub unpriced: u64,
}

/// What the screen wants to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelsAsk {
    /// The models, of the daemon.
    Models,
    /// How providers did, of the ledger.
    Health,
}

/// What came back.
#[derive(Debug)]
pub enum ModelsReply {
    /// How providers did.
    Health(Result<Vec<ProviderHealth>, Fault>),
}

/// The ledger, as this screen sees it. It blocks: the runtime calls it away from the keys.
pub trait ModelsSource: Send + Sync {
    /// Providers that were asked in the last 24 hours.
    fn health(&self) -> Result<Vec<ProviderHealth>, Fault>;
}

/// Carries out what is read from files.
pub fn answer(source: &dyn ModelsSource) -> ModelsReply {
    ModelsReply::Health(source.health())
}
