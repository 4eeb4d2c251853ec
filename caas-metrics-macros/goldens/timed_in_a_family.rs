pub async fn store(&self, message: Message) -> Result<Id, Full> {
    macro_rules! without_this_dependency_write_timed_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_timed_crate_equals_path! {}
    let __caas_guard = P::timed(
        StoreSeconds {
            tenant: &message.tenant,
        },
        P::EachCall,
    );
    self.queue.push(message).await
}
