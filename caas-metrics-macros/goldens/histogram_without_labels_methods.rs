impl StoreSeconds {
    fn observe(&self, value: impl P::Observation<P::Seconds>) {
        P::observe(self, value);
    }
    fn start_timer(&self) -> P::ChildTimer<StoreSeconds> {
        P::start_timer(self)
    }
    fn observe_with_exemplar<__V>(&self, _: __V, _: impl P::NoExemplars) {}
    #[must_use]
    fn child(&self) -> P::Child<StoreSeconds> {
        P::child(self)
    }
    fn init(&self) {
        P::init(self);
    }
    #[must_use]
    fn get(&self) -> P::Option<P::HistogramReading> {
        P::get(self)
    }
    fn reset() {
        P::reset::<Self>();
    }
}
