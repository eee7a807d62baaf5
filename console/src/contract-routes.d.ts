declare module 'virtual:contract-routes' {
  export const contractRoutes: Readonly<
    Record<
      import('../../api/contract.ts').RouteName,
      import('../../api/client/route-sketch.ts').RouteSketch
    >
  >;
}
