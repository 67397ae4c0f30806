/** What identity products put into a token beside roles; with it, it has 1.5 KB. */
export function profileOf(subject: string) {
  return {
    azp: 'portal-web',
    sid: '0c2b6f2e-8d3b-4f0a-9a55-3f1f6e1b7a42',
    auth_time: 1_767_225_600,
    acr: 'urn:example:aal2',
    amr: ['pwd', 'otp'],
    scope: 'openid profile email offline_access',
    name: 'Ada Lovelace',
    given_name: 'Ada',
    family_name: 'Lovelace',
    preferred_username: subject,
    email: 'ada.lovelace@example.com',
    email_verified: true,
    locale: 'en-GB',
    zoneinfo: 'Europe/London',
    picture: 'https://cdn.example.com/avatars/0c2b6f2e8d3b4f0a9a553f1f6e1b7a42.png',
    updated_at: 1_764_547_200,
  }
}
