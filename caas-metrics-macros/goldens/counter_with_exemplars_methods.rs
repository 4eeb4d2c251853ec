impl OrdersRefusedTotal {
    fn inc(&self) {
        P::inc(self);
    }
    fn inc_by(&self, amount: P::u64) {
        P::inc_by(self, amount);
    }
    fn inc_with_exemplar(&self, labels: impl P::ExemplarLabels) {
        P::inc_with_exemplar(self, labels);
    }
    fn inc_by_with_exemplar(&self, amount: P::u64, labels: impl P::ExemplarLabels) {
        P::inc_by_with_exemplar(self, amount, labels);
    }
    #[must_use]
    fn child(&self) -> P::Child<OrdersRefusedTotal> {
        P::child(self)
    }
    fn init(&self) {
        P::init(self);
    }
    #[must_use]
    fn get(&self) -> P::Option<P::u64> {
        P::get(self)
    }
    fn reset() {
        P::reset::<Self>();
    }
}
