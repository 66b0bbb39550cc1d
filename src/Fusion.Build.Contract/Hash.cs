using System.Security.Cryptography;
using System.Text;

namespace Fusion.Build.Contract;

/// <summary>SHA-256 in lower-case hexadecimal digits.</summary>
public static class Hash
{
    private const string Digits = "0123456789abcdef";

    /// <summary>Hash of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public static string Of(byte[] bytes) => Of(bytes, bytes.Length);

    /// <summary>Hash of the first bytes of some.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="count">How many of them count.</param>
    public static string Of(byte[] bytes, int count)
    {
        using var sha = SHA256.Create();
        return Hex(sha.ComputeHash(bytes, 0, count));
    }

    /// <summary>Hash of a text as UTF-8.</summary>
    /// <param name="text">The text.</param>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Hash of a file's content.</summary>
    /// <param name="path">Path of the file.</param>
    public static string OfFile(string path)
    {
        using var sha = SHA256.Create();
        using var file = File.OpenRead(path);
        return Hex(sha.ComputeHash(file));
    }

    private static string Hex(byte[] hash)
    {
        var digits = new char[hash.Length * 2];
        for (var i = 0; i < digits.Length; i++) digits[i] = Digits[(hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xf];
        return new string(digits);
    }
}
