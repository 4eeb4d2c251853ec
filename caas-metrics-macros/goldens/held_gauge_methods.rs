impl SessionsOpen<'_> {
    fn hold(&self) -> P::GaugeGuard<SessionsOpen<'static>> {
        P::hold(self)
    }
    fn hold_by(&self, amount: P::i64) -> P::GaugeGuard<SessionsOpen<'static>> {
        P::hold_by(self, amount)
    }
    fn inc<__M: P::Free>(&self)
    where
        Self: P::OfMetric<__M>,
    {}
    fn inc_by<__M: P::Free, __A>(&self, _: __A)
    where
        Self: P::OfMetric<__M>,
    {}
    fn dec<__M: P::Free>(&self)
    where
        Self: P::OfMetric<__M>,
    {}
    fn dec_by<__M: P::Free, __A>(&self, _: __A)
    where
        Self: P::OfMetric<__M>,
    {}
    fn set<__M: P::Free, __A>(&self, _: __A)
    where
        Self: P::OfMetric<__M>,
    {}
    fn set_to_current_time<__M: P::Free>(&self)
    where
        Self: P::OfMetric<__M>,
    {}
    #[must_use]
    fn child(&self) -> P::Child<SessionsOpen<'static>> {
        P::child(self)
    }
    fn init(&self) {
        P::init(self);
    }
    #[must_use]
    fn get(&self) -> P::Option<P::i64> {
        P::get(self)
    }
    fn reset() {
        P::reset::<Self>();
    }
    fn remove(&self) -> P::bool {
        P::remove(self)
    }
    fn retain(keep: impl P::FnMut(&SessionsOpenView<'_>) -> P::bool) {
        P::retain::<Self>(keep);
    }
    fn remove_matching(
        matches: impl P::FnMut(&SessionsOpenView<'_>) -> P::bool,
    ) -> P::usize {
        P::remove_matching::<Self>(matches)
    }
    fn clear() {
        P::clear::<Self>();
    }
}
