using System.Security.Cryptography;
using System.Text;

namespace Fusion.Build.Contract;

/// <summary>SHA-256 in lower-case hexadecimal digits.</summary>
public static class Hash
{
    /// <summary>Hash of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public static string Of(byte[] bytes)
    {
        using var sha = SHA256.Create();
        return Hex(sha.ComputeHash(bytes));
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

    private static string Hex(byte[] hash) => BitConverter.ToString(hash).Replace("-", "").ToLowerInvariant();
}
