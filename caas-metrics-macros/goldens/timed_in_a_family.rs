pub async fn store(&self, message: Message) -> Result<Id, Full> {
    let __caas_guard = P::timed(
        StoreSeconds {
            tenant: &message.tenant,
        },
        P::EachCall,
    );
    self.queue.push(message).await
}
