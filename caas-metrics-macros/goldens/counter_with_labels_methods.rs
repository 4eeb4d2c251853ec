impl HttpRequestsTotal<'_> {
    pub fn inc(&self) {
        P::resolve(self).inc();
    }
    pub fn inc_by(&self, amount: P::u64) {
        P::resolve(self).inc_by(amount);
    }
    #[must_use]
    pub fn child(&self) -> P::Child<HttpRequestsTotal<'static>> {
        P::resolve(self).child()
    }
    pub fn init(&self) {
        P::init(self);
    }
    #[must_use]
    pub fn get(&self) -> P::Option<P::u64> {
        P::get(self)
    }
    pub fn reset() {
        P::reset::<HttpRequestsTotal<'static>>();
    }
    pub fn remove(&self) -> P::bool {
        P::remove(self)
    }
    pub fn retain(keep: impl P::FnMut(&HttpRequestsTotalView<'_>) -> P::bool) {
        P::retain::<HttpRequestsTotal<'static>>(keep);
    }
    pub fn clear() {
        P::clear::<HttpRequestsTotal<'static>>();
    }
}
