impl HttpRequestsTotal<'_> {
    pub fn inc(&self) {
        P::inc(self);
    }
    pub fn inc_by(&self, amount: P::u64) {
        P::inc_by(self, amount);
    }
    pub fn inc_with_exemplar(&self, _: impl P::NoExemplars) {}
    pub fn inc_by_with_exemplar<__A>(&self, _: __A, _: impl P::NoExemplars) {}
    #[must_use]
    pub fn child(&self) -> P::Child<HttpRequestsTotal<'static>> {
        P::child(self)
    }
    pub fn init(&self) {
        P::init(self);
    }
    #[must_use]
    pub fn get(&self) -> P::Option<P::u64> {
        P::get(self)
    }
    pub fn reset() {
        P::reset::<Self>();
    }
    pub fn remove(&self) -> P::bool {
        P::remove(self)
    }
    pub fn retain(keep: impl P::FnMut(&HttpRequestsTotalView<'_>) -> P::bool) {
        P::retain::<Self>(keep);
    }
    pub fn remove_matching(
        matches: impl P::FnMut(&HttpRequestsTotalView<'_>) -> P::bool,
    ) -> P::usize {
        P::remove_matching::<Self>(matches)
    }
    pub fn clear() {
        P::clear::<Self>();
    }
}
