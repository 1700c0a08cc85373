// The two policies of the article that this library began with.

/** Everything is denied without a second factor, except what is needed to set one up. */
export const requireMfa = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'DenyAllExceptMFAAuthenticated',
      Effect: 'Deny',
      NotAction: [
        'iam:CreateVirtualMFADevice',
        'iam:EnableMFADevice',
        'iam:GetUser',
        'iam:ListMFADevices',
        'iam:ListVirtualMFADevices',
        'iam:ResyncMFADevice',
        'sts:GetSessionToken',
      ],
      Resource: '*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    },
  ],
}

/** Allowed from two networks, in one year, in two Regions, over TLS and with a second factor. */
export const conditionalAccess = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: 'arn:aws:s3:::sensitive-data/*',
      Condition: {
        IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '198.51.100.0/24'] },
        DateGreaterThan: { 'aws:CurrentTime': '2025-01-01T00:00:00Z' },
        DateLessThan: { 'aws:CurrentTime': '2025-12-31T23:59:59Z' },
        StringEquals: { 'aws:RequestedRegion': ['us-east-1', 'us-west-2'] },
        Bool: { 'aws:SecureTransport': 'true', 'aws:MultiFactorAuthPresent': 'true' },
      },
    },
  ],
}
