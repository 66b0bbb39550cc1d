using System.Security.Cryptography;
using System.Text;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>Proofs that a side of a connection knows the secret, which is not sent: an HMAC over what both sides chose at random, over who
/// proves it, and over what it says of itself.</summary>
internal static class Proof
{
    /// <summary>Number of random bytes that each side chooses.</summary>
    public const int NonceBytes = 32;

    /// <summary>Makes random bytes.</summary>
    public static byte[] Nonce() => RandomNumberGenerator.GetBytes(NonceBytes);

    /// <summary>Makes a rank's proof.</summary>
    /// <param name="secret">The secret; null or empty for none.</param>
    /// <param name="challenge">Random bytes of the coordinator.</param>
    /// <param name="nonce">Random bytes of the rank.</param>
    /// <param name="who">What the rank says of itself.</param>
    public static byte[] OfMember(string? secret, byte[] challenge, byte[] nonce, MemberInfo who) => Of(secret, "member", challenge, nonce, who);

    /// <summary>Makes the coordinator's proof.</summary>
    /// <param name="secret">The secret; null or empty for none.</param>
    /// <param name="challenge">Random bytes of the coordinator.</param>
    /// <param name="nonce">Random bytes of the rank.</param>
    /// <param name="who">What the rank says of itself.</param>
    public static byte[] OfCoordinator(string? secret, byte[] challenge, byte[] nonce, MemberInfo who) => Of(secret, "coordinator", challenge, nonce, who);

    /// <summary>Whether two proofs are equal, in a time that does not depend on where they differ.</summary>
    /// <param name="expected">The proof as it must be.</param>
    /// <param name="found">The proof that came.</param>
    public static bool IsSame(byte[] expected, byte[]? found) => found is not null && CryptographicOperations.FixedTimeEquals(expected, found);

    private static byte[] Of(string? secret, string side, byte[] challenge, byte[] nonce, MemberInfo who)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret ?? ""));
        // Parts of variable length are ended, so that no two different texts are the same bytes.
        foreach (var part in new[] { side, who.Group, $"{who.Rank}", $"{who.WorldSize}", who.Library, who.Host, $"{who.Process}" })
        {
            mac.AppendData(Encoding.UTF8.GetBytes(part));
            mac.AppendData([0]);
        }

        mac.AppendData(challenge);
        mac.AppendData(nonce);
        return mac.GetHashAndReset();
    }
}
