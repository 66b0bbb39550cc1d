using System.Net.Sockets;

namespace RankProcess;

/// <summary>Asks a server of descriptors for one without looking at whose it is, and says how many bytes came.</summary>
internal static class StrangerMode
{
    /// <param name="args"><c>stranger</c>, name of the server's socket, token in hexadecimal digits.</param>
    public static int Run(string[] args)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint($"\0{args[1]}"));
        try
        {
            socket.Send(Convert.FromHexString(args[2]));
            Console.WriteLine(socket.Receive(new byte[16]));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            Console.WriteLine(0);
        }

        return 0;
    }
}
