export const leewayOf = (name: string): Leeway => LEEWAY[name] ?? {}
